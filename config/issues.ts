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
  /** The source line, or the part of it around the place; what is secret in it is masked. */
  readonly excerpt: string;
  /** The place in the excerpt. */
  readonly caret: number;
}

/** More than these are counted only: a file that is no configuration at all has thousands. */
const ISSUES_SHOWN_MAX = 100;

/** Everything that is wrong with a configuration, at once, in the order of its lines. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    const sorted = [...issues].sort((a, b) =>
      a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1,
    );
    const count = sorted.length === 1 ? 'one problem' : `${sorted.length} problems`;
    const shown = sorted.slice(0, ISSUES_SHOWN_MAX).map(formatIssue).join('\n');
    const more = sorted.length > ISSUES_SHOWN_MAX ? `, of which the first ${ISSUES_SHOWN_MAX} are shown` : '';
    super(`${shown}\n${count} in the configuration${more}`);
    this.issues = sorted;
  }
}

/** The issue as people read it: where, what, the line with a caret below the place, and what would be right. */
export function formatIssue({ file, line, column, path, message, help, excerpt, caret }: ConfigIssue): string {
  const gutter = ' '.repeat(String(line).length);
  const before = ' '.repeat(Array.from(excerpt.slice(0, caret - 1)).length);
  return [
    // Names are quoted from the file: a terminal must not act on them.
    `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`.replace(/\p{Cc}/gu, ' '),
    ...(excerpt === '' ? [] : [`${gutter} |`, `${line} | ${excerpt}`, `${gutter} | ${before}^`]),
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

/** An issue of a file as a whole, which could not be read. */
export const fileIssue = (file: string, message: string, help?: string): ConfigIssue => ({
  file,
  line: 1,
  column: 1,
  path: '',
  message,
  ...(help !== undefined && { help }),
  excerpt: '',
  caret: 1,
});
