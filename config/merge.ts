import type { ConfigDocument, Path } from './document.ts';
import type { ConfigIssue } from './issues.ts';

/** What one file says. */
export interface Part {
  readonly document: ConfigDocument;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Several files as one; what two of them say is an issue, but for maps, which are joined. */
export function merge(
  parts: readonly Part[],
  wrong: (path: Path, issue: ConfigIssue) => void,
): Readonly<Record<string, unknown>> {
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
      const before = Object.hasOwn(into, key) ? into[key] : undefined;
      if (before === undefined) into[key] = value;
      else if (path.length === 0 && isMapping(before) && isMapping(value)) {
        const copy = Object.assign(Object.create(null) as Record<string, unknown>, before);
        into[key] = copy;
        join(copy, value, part, here);
      } else wrong(here, part.document.issue(here, `${key} is said in another file too`, { key: true }));
    }
  };
  for (const part of parts) join(merged, part.value, part, []);
  return merged;
}

/** The file that goes furthest along the path. */
export function ownerOf(path: Path, parts: readonly Part[]): ConfigDocument {
  const depth = ({ value }: Part): number => {
    let at: unknown = value;
    let n = 0;
    for (; n < path.length && isContainer(at) && Object.hasOwn(at, path[n]!); n++)
      at = (at as Record<string | number, unknown>)[path[n]!];
    return n;
  };
  return parts.reduce((best, part) => (depth(part) > depth(best) ? part : best)).document;
}

export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
