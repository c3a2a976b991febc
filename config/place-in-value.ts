import type { Scalar } from 'yaml';

const isSpace = (char: string): boolean => /\s/.test(char);

/**
 * Where in a YAML text stands what is at `at` in a scalar's value: counted without spaces, since YAML folds and indents
 * them; null where escapes or references make the value differ from its text otherwise too.
 */
export function placeInValue(text: string, { range, type }: Scalar, value: string, at: number): number | null {
  if (!range) return null;
  const [start, end] = range;
  const isBlock = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED';
  const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
  // A block begins below its header, `|` or `>-`.
  const from = isBlock ? text.indexOf('\n', start) + 1 : isQuoted ? start + 1 : start;
  const to = isQuoted ? end - 1 : end;
  if (dense(text.slice(from, to)) !== dense(value)) return null;
  let left = dense(value.slice(0, at)).length;
  let place = from;
  while (place < to && (left > 0 || isSpace(text[place]!))) if (!isSpace(text[place++]!)) left--;
  return place;
}

const dense = (text: string): string => text.replaceAll(/\s/g, '');
