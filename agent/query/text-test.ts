import { fold, type TextTest } from './condition.ts';
import type { Value } from './syntax.ts';

const ANY: TextTest = { passes: () => true };

/** The whole text is this value, upper and lower case apart. */
export function wholeText(value: Value): TextTest {
  if (value.kind === 'glob') return glob(value.parts);
  const equals = fold(value.text);
  return { equals, passes: (folded) => folded === equals };
}

/** A part of the text is this value. */
export const partOfText = (value: Value): TextTest =>
  value.kind === 'glob' ? glob(['', ...value.parts, '']) : glob(['', value.text, '']);

/** One of these folded texts. */
export const oneOf = (folded: ReadonlySet<string>): TextTest => ({ passes: (text) => folded.has(text) });

/** At least this long. */
export const atLeast = (length: number): TextTest => ({ passes: (folded) => folded.length >= length });

export const anyText = ANY;

/**
 * The texts in this order, the first at the beginning, the last at the end, anything between. Each is looked for once,
 * at its first place, so the work is that of looking through the text and never grows with what stars could mean.
 */
function glob(parts: readonly string[]): TextTest {
  const folded = parts.map(fold);
  const first = folded[0]!;
  const last = folded.at(-1)!;
  const middle = folded.slice(1, -1).filter((part) => part !== '');
  const contains = folded.reduce((longest, part) => (part.length > longest.length ? part : longest));
  if (contains === '') return ANY;
  const shortest = first.length + last.length;
  return {
    contains,
    passes: (text) => {
      if (text.length < shortest || !text.startsWith(first) || !text.endsWith(last)) return false;
      const end = text.length - last.length;
      let at = first.length;
      for (const part of middle) {
        const found = text.indexOf(part, at);
        if (found < 0 || found + part.length > end) return false;
        at = found + part.length;
      }
      return true;
    },
  };
}
