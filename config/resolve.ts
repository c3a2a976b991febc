import { hasReference, interpolate, type Environment } from './interpolate.ts';
import { variantOf } from './normalize.ts';
import type { Path } from './document.ts';
import type { Schema } from './schema.ts';

/** Told of each problem and each warning, with the path of the value. */
export interface Told {
  problem(path: Path, message: string): void;
  warning(path: Path, message: string): void;
}

/** Puts in what values refer to; the schema says which are secret and which are numbers. */
export class Resolver {
  readonly #env: Environment;
  readonly #folder: string;
  readonly #told: Told;

  /** `folder`: where relative paths of secret files are taken from. */
  constructor(env: Environment, folder: string, told: Told) {
    this.#env = env;
    this.#folder = folder;
    this.#told = told;
  }

  resolve(value: unknown, schema: Schema | null, path: Path = []): unknown {
    if (typeof value === 'string') return this.#text(value, schema, path);
    if (Array.isArray(value)) return value.map((item, i) => this.resolve(item, itemsOf(schema), [...path, i]));
    if (typeof value !== 'object' || value === null) return value;
    const given = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(
      Object.entries(given).map(([key, inner]) => [
        key,
        this.resolve(inner, propertyOf(schema, given, key), [...path, key]),
      ]),
    );
  }

  #text(text: string, schema: Schema | null, path: Path): unknown {
    const secret = schema?.type === 'string' && schema.secret === true;
    if (secret && !hasReference(text))
      this.#told.warning(path, 'a secret stands in the file itself: use ${NAME} or ${file:/path}');
    if (!hasReference(text)) return text;
    const { text: resolved, problems, warnings } = interpolate(text, this.#env, secret ? this.#folder : null);
    for (const problem of problems) this.#told.problem(path, problem);
    for (const warning of warnings) this.#told.warning(path, warning);
    if (schema?.type === 'integer' || schema?.type === 'number')
      return /^-?\d+(\.\d+)?$/.test(resolved) ? Number(resolved) : resolved;
    if (schema?.type === 'boolean') return resolved === 'true' ? true : resolved === 'false' ? false : resolved;
    return resolved;
  }
}

const itemsOf = (schema: Schema | null): Schema | null => (schema?.type === 'array' ? schema.items : null);

function propertyOf(schema: Schema | null, value: Readonly<Record<string, unknown>>, key: string): Schema | null {
  if (schema?.type !== 'object') return null;
  if ('oneOf' in schema) return propertyOf(variantOf(value, schema), value, key);
  if ('properties' in schema) return Object.hasOwn(schema.properties, key) ? schema.properties[key]! : null;
  return schema.additionalProperties;
}
