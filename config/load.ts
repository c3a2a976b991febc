import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigDocument, DOCUMENT_BYTES_MAX, type Path } from './document.ts';
import { interpolate, type Environment } from './interpolate.ts';
import { ConfigError, fileIssue, type ConfigIssue } from './issues.ts';
import { isMapping, merge, ownerOf, type Part } from './merge.ts';
import { normalize } from './normalize.ts';
import { optionNames, type OptionNames } from './option-names.ts';
import { readText } from './read-text.ts';
import { Resolver } from './resolve.ts';
import type { ObjectSchema, Options } from './schema.ts';
import { compile } from './validate.ts';
import { without } from './without.ts';

/** A configuration as far as its schema can tell. */
export interface Loaded<T> {
  /** Without the parts that are wrong: entries of a map, options at the top. */
  readonly usable: Partial<T>;
  /** As it was given, with references put in: for what is to be compared across parts that are wrong. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly issues: readonly ConfigIssue[];
  readonly warnings: readonly ConfigIssue[];
  /** The folder that relative paths are taken from. */
  readonly folder: string;
  /** An issue of the caller's own at a path, for what a schema cannot say. */
  readonly issueAt: ConfigDocument['issue'];
}

/**
 * Reads a configuration: a YAML file, or a folder of them that are put together. What a schema can find wrong comes back as
 * issues; a `ConfigError` is thrown where there is nothing to check, since a file cannot be read or is not YAML. The
 * environment comes in as a parameter, so that a test has its own.
 */
export function load<const S extends ObjectSchema>(path: string, schema: S, env: Environment): Loaded<Options<S>> {
  const { documents, folder } = read(path, optionNames(schema));
  const wrong: { readonly path: Path; readonly issue: ConfigIssue }[] = [];
  const warnings: ConfigIssue[] = [];
  const parts = documents.map((document): Part => {
    const resolver = new Resolver(env, folder, {
      problem: (at, message) => wrong.push({ path: at, issue: document.issue(at, message) }),
      warning: (at, message) => warnings.push(document.issue(at, message)),
    });
    return { document, value: resolver.resolve(document.value ?? {}, schema) as Part['value'] };
  });
  const unresolved = wrong.map(({ path: at }) => JSON.stringify(at));
  const given = merge(parts, (at, issue) => wrong.push({ path: at, issue }));
  const issueAt: ConfigDocument['issue'] = (at, message, more) => ownerOf(at, parts).issue(at, message, more);
  for (const { path: at, key, message, help } of compile(schema)(given)) {
    if (unresolved.includes(JSON.stringify(at))) continue; // what is not there cannot be right either
    wrong.push({ path: at, issue: issueAt(at, message, { key, ...(help !== undefined && { help }) }) });
  }
  const left = without(
    given,
    schema,
    wrong.map(({ path: at }) => at),
  );
  return {
    usable: normalize(left, schema, folder) as Partial<Options<S>>,
    given: isMapping(given) ? given : {},
    issues: wrong.map(({ issue }) => issue),
    warnings,
    folder,
    issueAt,
  };
}

/** One text of a configuration, without looking at the rest of it; null where it is not said. */
export function readValue(
  path: string,
  schema: ObjectSchema,
  at: Path,
  env: Environment,
): { readonly value: string | null; readonly folder: string } {
  const { documents, folder } = read(path, optionNames(schema));
  for (const document of documents) {
    const found = at.reduce<unknown>((inner, key) => (isMapping(inner) ? inner[key] : undefined), document.value);
    if (typeof found !== 'string') continue;
    const { text, problems } = interpolate(found, env, null);
    if (problems.length > 0) throw new ConfigError(problems.map((problem) => document.issue(at, problem)));
    return { value: text, folder };
  }
  return { value: null, folder };
}

/** Every file of the configuration. Throws a `ConfigError` with all that keeps one from being read. */
function read(
  path: string,
  names: OptionNames,
): { readonly documents: readonly ConfigDocument[]; readonly folder: string } {
  const files = filesOf(path);
  const issues: ConfigIssue[] = [];
  const documents: ConfigDocument[] = [];
  for (const file of files) {
    const found = readText(file, DOCUMENT_BYTES_MAX);
    if ('problem' in found) {
      issues.push(fileIssue(file, `it ${found.problem}`));
      continue;
    }
    const document = new ConfigDocument(file, found.text, names);
    documents.push(document);
    issues.push(...document.issues);
  }
  if (issues.length > 0) throw new ConfigError(issues);
  return { documents, folder: dirname(resolve(files[0]!)) };
}

function filesOf(path: string): readonly string[] {
  let files: readonly string[];
  try {
    if (!statSync(path).isDirectory()) return [path];
    files = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      fileIssue(path, `it cannot be read (${code})`, 'give the path of a configuration with --config'),
    ]);
  }
  if (files.length === 0) throw new ConfigError([fileIssue(path, 'the folder holds no .yaml file')]);
  return files.toSorted().map((name) => join(path, name));
}
