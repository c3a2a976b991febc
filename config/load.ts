import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigDocument, type Path } from './document.ts';
import { hasReference, interpolate, type Environment } from './interpolate.ts';
import { ConfigError, type ConfigIssue } from './issues.ts';
import { normalize, variantOf } from './normalize.ts';
import type { Options, Schema } from './schema.ts';
import { compile } from './validate.ts';

export interface Loaded<T> {
  readonly config: T;
  readonly warnings: readonly ConfigIssue[];
  /** The folder that relative paths are taken from. */
  readonly folder: string;
  /** An issue of the caller's own at a path, for what a schema cannot say. */
  readonly issueAt: ConfigDocument['issue'];
}

/** A value, its schema, and the file that says it. */
interface Part {
  readonly document: ConfigDocument;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * Reads a configuration: a YAML file, or a folder of them that are put together. Throws one `ConfigError` with everything
 * that is wrong. The environment comes in as a parameter, so that a test has its own.
 */
export function load<const S extends Schema>(path: string, schema: S, env: Environment): Loaded<Options<S>> {
  const files = filesOf(path);
  const documents = files.map((file) => new ConfigDocument(file, readFileSync(file, 'utf8')));
  const issues = documents.flatMap((document) => document.issues);
  if (issues.length > 0) throw new ConfigError(issues);
  return build(documents, schema, env, dirname(resolve(files[0]!)));
}

/** One text of a configuration, without looking at the rest of it; null where it is not said. */
export function readValue(
  path: string,
  at: Path,
  env: Environment,
): { readonly value: string | null; readonly folder: string } {
  const files = filesOf(path);
  const folder = dirname(resolve(files[0]!));
  for (const file of files) {
    const document = new ConfigDocument(file, readFileSync(file, 'utf8'));
    if (document.issues.length > 0) throw new ConfigError(document.issues);
    const found = at.reduce<unknown>((inner, key) => (isMapping(inner) ? inner[key] : undefined), document.value);
    if (typeof found !== 'string') continue;
    const { text, problems } = interpolate(found, env, false);
    if (problems.length > 0) throw new ConfigError(problems.map((problem) => document.issue(at, problem)));
    return { value: text, folder };
  }
  return { value: null, folder };
}

function filesOf(path: string): readonly string[] {
  const missing = (message: string): ConfigError =>
    new ConfigError([{ file: path, line: 1, column: 1, path: '', message, excerpt: '' }]);
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw missing(
      `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): give the path of a configuration with --config`,
    );
  }
  if (!isFolder) return [path];
  const files = readdirSync(path)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort();
  if (files.length === 0) throw missing('the folder holds no .yaml file');
  return files.map((name) => join(path, name));
}

function build<const S extends Schema>(
  documents: readonly ConfigDocument[],
  schema: S,
  env: Environment,
  folder: string,
): Loaded<Options<S>> {
  const issues: ConfigIssue[] = [];
  const warnings: ConfigIssue[] = [];
  const resolved = documents.map((document): Part => {
    const walk = new Resolver(document, env, issues, warnings);
    return { document, value: (walk.resolve(document.value ?? {}, schema, []) ?? {}) as Part['value'] };
  });
  const merged = merge(resolved, issues);
  const owner = (path: Path): ConfigDocument => ownerOf(path, resolved).document;
  for (const { path, key, message, help } of compile(schema)(merged)) {
    issues.push(
      owner(path).issue(path, message, {
        key,
        secret: isSecret(path, merged, schema),
        ...(help !== undefined && { help }),
      }),
    );
  }
  if (issues.length > 0) throw new ConfigError(issues);
  const issueAt: ConfigDocument['issue'] = (path, message, at) => owner(path).issue(path, message, at);
  return { config: normalize(merged, schema, folder) as Options<S>, warnings, folder, issueAt };
}

/** Puts in what values refer to; the schema says which are secret and which are numbers. */
class Resolver {
  readonly #document: ConfigDocument;
  readonly #env: Environment;
  readonly #issues: ConfigIssue[];
  readonly #warnings: ConfigIssue[];

  constructor(document: ConfigDocument, env: Environment, issues: ConfigIssue[], warnings: ConfigIssue[]) {
    this.#document = document;
    this.#env = env;
    this.#issues = issues;
    this.#warnings = warnings;
  }

  resolve(value: unknown, schema: Schema | null, path: Path): unknown {
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
    if (secret && !hasReference(text)) {
      this.#warnings.push(
        this.#document.issue(path, 'a secret stands in the file itself: use ${NAME} or ${file:/path}', { secret }),
      );
    }
    if (!hasReference(text)) return text;
    const { text: resolved, problems, warnings } = interpolate(text, this.#env, secret);
    for (const problem of problems)
      this.#issues.push(this.#document.issue(path, problem, { secret: secret && !text.startsWith('${') }));
    for (const warning of warnings) this.#warnings.push(this.#document.issue(path, warning, { secret }));
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

function isSecret(path: Path, value: unknown, schema: Schema): boolean {
  let at: Schema | null = schema;
  let inner: unknown = value;
  for (const part of path) {
    at =
      at?.type === 'array'
        ? at.items
        : propertyOf(at, (inner ?? {}) as Readonly<Record<string, unknown>>, String(part));
    inner = (inner as Record<string, unknown> | null | undefined)?.[part];
  }
  return at?.type === 'string' && at.secret === true;
}

/** Several files as one; what two of them say is an issue, but for maps, which are joined. */
function merge(parts: readonly Part[], issues: ConfigIssue[]): Readonly<Record<string, unknown>> {
  if (parts.length === 1) return parts[0]!.value;
  const merged = Object.create(null) as Record<string, unknown>;
  const join = (
    into: Record<string, unknown>,
    from: Readonly<Record<string, unknown>>,
    part: Part,
    path: Path,
  ): void => {
    for (const [key, value] of Object.entries(from)) {
      const here = [...path, key];
      const before = into[key];
      if (before === undefined) into[key] = value;
      else if (path.length === 0 && isMapping(before) && isMapping(value)) {
        const copy = { ...before };
        into[key] = copy;
        join(copy, value, part, here);
      } else issues.push(part.document.issue(here, `${key} is said in another file too`, { key: true }));
    }
  };
  for (const part of parts) join(merged, part.value, part, []);
  return merged;
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The file that goes furthest along the path. */
function ownerOf(path: Path, parts: readonly Part[]): Part {
  const depth = ({ value }: Part): number => {
    let at: unknown = value;
    let n = 0;
    for (; n < path.length && isContainer(at) && Object.hasOwn(at, path[n]!); n++)
      at = (at as Record<string | number, unknown>)[path[n]!];
    return n;
  };
  return parts.reduce((best, part) => (depth(part) > depth(best) ? part : best));
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
