import { readFileSync, statSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Interpolated {
  readonly text: string;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const SECRET_FILE_BYTES_MAX = 64 * 1024;
/** `$$`, `${file:…}`, `${NAME}`, `${NAME:-default}`. A file's path may name variables itself. */
const REFERENCE = /\$\$|\$\{file:((?:[^${}]|\$\{\w+\})*)\}|\$\{(\w+)(?::-([^}]*))?\}/g;

export const hasReference = (text: string): boolean => text.includes('$');

/** Puts in what a value refers to. What is put in is never looked at again, neither as YAML nor for further references. */
export function interpolate(text: string, env: Environment, filesAllowed: boolean): Interpolated {
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
    if (!filesAllowed) {
      problems.push('${file:…} is for secrets (passwords, tokens, keys) only; use ${NAME} here');
      return '';
    }
    const file = path!.replace(/\$\{(\w+)\}/g, (_, inPath: string) => variable(inPath));
    const read = readSecret(file);
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
  try {
    const { mode, size } = statSync(path);
    if (size > SECRET_FILE_BYTES_MAX)
      return { text: '', problem: `${path} has more than ${SECRET_FILE_BYTES_MAX} bytes: it is no secret file` };
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (text === '') return { text, problem: `${path} is empty` };
    // Containers mount secrets read-only for everyone (0444); a file that can be written as well was not meant to be shared.
    const shared = (mode & 0o077) !== 0 && (mode & 0o777) !== 0o444;
    return { text, ...(shared && { warning: `${path} can be read by other users: chmod 600 ${path}` }) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { text: '', problem: `${path} cannot be read (${code ?? String(error)})` };
  }
}
