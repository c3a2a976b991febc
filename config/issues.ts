/** Something wrong with a configuration, and where. Lines and columns count from 1. */
export interface ConfigIssue {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `destinations.soc.nodes[0]`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What would be right, or what to do. */
  readonly help?: string;
  /** The source line; what is secret in it is masked. */
  readonly excerpt: string;
}

/** Everything that is wrong with a configuration, at once, in the order of its lines. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    const sorted = [...issues].sort((a, b) =>
      a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1,
    );
    const count = sorted.length === 1 ? 'one problem' : `${sorted.length} problems`;
    super(`${sorted.map(formatIssue).join('\n')}\n${count} in the configuration`);
    this.issues = sorted;
  }
}

/** The issue as people read it: where, what, the line with a caret below the place, and what would be right. */
export function formatIssue({ file, line, column, path, message, help, excerpt }: ConfigIssue): string {
  const gutter = ' '.repeat(String(line).length);
  const caret = ' '.repeat(Math.max(0, Array.from(excerpt.slice(0, column - 1)).length));
  return [
    `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`,
    ...(excerpt === '' ? [] : [`${gutter} |`, `${line} | ${excerpt}`, `${gutter} | ${caret}^`]),
    ...(help === undefined ? [] : [`${gutter} = ${help}`]),
    '',
  ].join('\n');
}

/** A path as it is printed. */
export const pathText = (path: readonly (string | number)[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
