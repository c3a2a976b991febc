import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fold, type TextTest } from '../../../agent/query/condition.ts';
import type { Value } from '../../../agent/query/syntax.ts';
import { partOfText, wholeText } from '../../../agent/query/text-test.ts';

const place = { start: 0, end: 0 };
const few = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'Σ', 'ς', '.'), maxLength: 12 });
const parts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'σ', '.'), maxLength: 3 }), {
  minLength: 2,
  maxLength: 5,
});
const globOf = (texts: readonly string[]): Value => ({ kind: 'glob', parts: texts, place });

/** What a test says of itself must hold for whatever it passes. */
function checkHints({ passes, equals, contains }: TextTest, text: string): void {
  if (equals !== undefined) expect(passes(text)).toBe(text === equals);
  if (contains !== undefined && passes(text)) expect(text).toContain(contains);
}

test('wildcards find what a naive matcher finds', () => {
  fc.assert(
    fc.property(parts, few, (texts, text) => {
      const pattern = texts.map((part) => fold(part).replaceAll('.', '\\.')).join('[^]*');
      const folded = fold(text);
      expect(wholeText(globOf(texts)).passes(folded)).toBe(new RegExp(`^${pattern}$`).test(folded));
      expect(partOfText(globOf(texts)).passes(folded)).toBe(new RegExp(pattern).test(folded));
      checkHints(wholeText(globOf(texts)), folded);
      checkHints(partOfText(globOf(texts)), folded);
    }),
    { numRuns: 5_000 },
  );
});

test('a text is found whole, or as a part, without regard to case', () => {
  fc.assert(
    fc.property(few, few, few, (before, part, after) => {
      const value: Value = { kind: 'literal', text: part, place };
      expect(wholeText(value).passes(fold(part.toUpperCase()))).toBe(true);
      expect(wholeText(value).passes(fold(`${part}x`))).toBe(false);
      expect(partOfText(value).passes(fold(before + part + after))).toBe(true);
      checkHints(wholeText(value), fold(before + part));
      checkHints(partOfText(value), fold(before + after));
    }),
  );
});

test('folding makes no text shorter: a cut message is as long as it was', () => {
  const shorter: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const char = String.fromCodePoint(code);
    if (fold(char).length < char.length) shorter.push(char);
  }
  expect(shorter).toEqual([]);
});
