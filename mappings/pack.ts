import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject } from 'ajv';
import { parseDocument } from 'yaml';
import { nearest } from '../config/nearest.ts';
import { compilePack, type Pack } from './compile.ts';
import { packSchema, type PackDefinition } from './pack-definition.ts';

/** A pack that cannot be used: which file, where in it, and what was expected there. */
export class PackError extends Error {
  override readonly name = 'PackError';
}

const folder = join(dirname(fileURLToPath(import.meta.url)), 'packs');
const ending = '.yaml';

/** The file of a pack: one that comes with the agent, by name, or any other by its path. Throws `PackError`. */
export function packPath(nameOrPath: string): string {
  if (/[/\\]|\.ya?ml$/.test(nameOrPath)) return nameOrPath;
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => basename(file, ending));
  if (names.includes(nameOrPath)) return join(folder, `${nameOrPath}${ending}`);
  const meant = nearest(nameOrPath, names);
  throw new PackError(
    `no mapping pack ${nameOrPath}${meant === null ? '' : ` (did you mean ${meant}?)`}: expected one of ${names.join(', ')}, or the path of a YAML file (./my-app.yaml)`,
  );
}

/** Reads, checks and compiles a pack. Throws `PackError` with everything that is wrong with it. */
export async function loadPack(nameOrPath: string): Promise<Pack> {
  const path = packPath(nameOrPath);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new PackError(`${path}: cannot be read: ${reason(error)}`, { cause: error });
  }
  return parsePack(text, path);
}

/** A pack from its text; `path` names it in errors. */
export function parsePack(text: string, path: string): Pack {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0)
    throw new PackError(document.errors.map(({ message }) => `${path}: ${message.trimEnd()}`).join('\n'));
  const definition: unknown = document.toJS({ maxAliasCount: 100 });
  const ajv = new Ajv({ allErrors: true });
  if (!ajv.validate<PackDefinition>(packSchema, definition))
    throw new PackError((ajv.errors ?? []).map((error) => `${path}: ${told(error)}`).join('\n'));
  try {
    return compilePack(definition);
  } catch (error) {
    throw new PackError(`${path}: ${reason(error)}`, { cause: error });
  }
}

const reason = (error: unknown): string => (Error.isError(error) ? error.message : String(error));

function told({ instancePath, message, params, keyword }: ErrorObject): string {
  const where =
    instancePath
      .slice(1)
      .replaceAll('/', '.')
      .replace(/\.(\d+)/g, '[$1]') || 'the pack';
  const values = params as Readonly<Record<string, unknown>>;
  const detail =
    keyword === 'additionalProperties'
      ? `: ${String(values['additionalProperty'])}`
      : keyword === 'enum'
        ? `: ${(values['allowedValues'] as readonly unknown[]).join(', ')}`
        : '';
  return `${where} ${message ?? 'is wrong'}${detail}`;
}

export type { Pack };
