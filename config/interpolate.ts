import { resolve } from 'node:path';
import { readText } from './read-text.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Interpolated {
  readonly text: string;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const SECRET_FILE_BYTES_MAX = 64 * 1024;
/** `$$`, `${file:…}`, `${NAME}`, `${NAME:-default}`, and what begins like one and is none. A file's path may name variables itself. */
const REFERENCE = /\$\$|\$\{file:((?:[^${}]|\$\{\w+\})*)\}|\$\{(\w+)(?::-([^}]*))?\}|\$\{/g;
const NO_REFERENCE =
  'here ${ begins no reference: expected ${NAME} (letters, digits and _), ${NAME:-default} or ${file:/path}; write $${ for the text itself';

export const hasReference = (text: string): boolean => text.includes('$');

/**
 * Puts in what a value refers to. What is put in is never looked at again, neither as YAML nor for further references.
 * `folder`: where the paths of files are taken from; `null` where none may be named.
 */
export function interpolate(text: string, env: Environment, folder: string | null): Interpolated {
  const problems: string[] = [];
  const warnings: string[] = [];
  const variable = (name: string, otherwise?: string): string => {
    const value = env[name] ?? otherwise;
    if (value === undefined)
      problems.push(`the environment variable ${name} is not set; set it, or give a default: \${${name}:-…}`);
    return value ?? '';
  };
  const result = text.replace(REFERENCE, (whole: string, path?: string, name?: string, otherwise?: string) => {
    if (whole === '$$') return '$';
    if (name !== undefined) return variable(name, otherwise);
    if (path === undefined) {
      problems.push(NO_REFERENCE);
      return whole;
    }
    if (folder === null) {
      problems.push('${file:…} is for secrets (passwords, tokens, keys) only; use ${NAME} here');
      return '';
    }
    const file = path.replace(/\$\{(\w+)\}/g, (_, inPath: string) => variable(inPath));
    const read = readSecret(resolve(folder, file));
    if (read.problem !== undefined) problems.push(read.problem);
    if (read.warning !== undefined) warnings.push(read.warning);
    return read.text;
  });
  return { text: result, problems, warnings };
}

interface Read {
  readonly text: string;
  readonly problem?: string;
  readonly warning?: string;
}

function readSecret(path: string): Read {
  const read = readText(path, SECRET_FILE_BYTES_MAX);
  if ('problem' in read) return { text: '', problem: `${path} ${read.problem}` };
  const { mode } = read.stats;
  const text = read.text.replace(/\r?\n$/, '');
  if (text === '') return { text, problem: `${path} is empty` };
  // Containers mount secrets read-only for everyone (0444); a file that can be written as well was not meant to be shared.
  const shared = (mode & 0o077) !== 0 && (mode & 0o777) !== 0o444;
  return { text, ...(shared && { warning: `${path} can be read by other users: chmod 600 ${path}` }) };
}
