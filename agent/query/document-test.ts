import { fold, type DocumentCondition, type TextTest } from './condition.ts';

/** Passes when a value of the field does: one of a list, or any that an object of data holds. */
const lookup = (path: readonly string[], passes: (leaf: unknown) => boolean): DocumentCondition => ({
  kind: 'document',
  path,
  passes: (document) => leavesAt(document, path).some(passes),
});

export const documentText = (path: readonly string[], { passes }: TextTest): DocumentCondition =>
  lookup(path, (leaf) => passes(fold(String(leaf))));

export const documentNumber = (path: readonly string[], passes: (number: number) => boolean): DocumentCondition =>
  lookup(path, (leaf) => typeof leaf === 'number' && passes(leaf));

/** In ms, `to` exclusive. */
export const documentTime = (path: readonly string[], from: number, to: number): DocumentCondition =>
  lookup(path, (leaf) => {
    const at = typeof leaf === 'string' ? Date.parse(leaf) : NaN;
    return at >= from && at < to;
  });

/** Every text, number and flag at the path, however it is nested there. */
function leavesAt(document: unknown, path: readonly string[]): readonly unknown[] {
  let node: unknown = document;
  for (const name of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return [];
    node = (node as Readonly<Record<string, unknown>>)[name];
  }
  const leaves: unknown[] = [];
  const open = [node];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'object' && next !== null) for (const inner of Object.values(next)) open.push(inner);
    else if (next !== null && next !== undefined) leaves.push(next);
  }
  return leaves;
}
