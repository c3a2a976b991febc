import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openAccount, overLost, pending, settled, unaccounted } from '../../../agent/store/accounting.ts';
import { missingIn, type SequenceRange } from '../../../agent/store/sequence-range.ts';
import type { Settlement } from '../../../agent/store/store.ts';

const LAST = 60;
const holes = fc
  .uniqueArray(fc.integer({ min: 1, max: LAST }), { maxLength: 12 })
  .map((lost) => missingIn(kept(lost), 1, LAST));
const kept = (lost: readonly number[]): SequenceRange[] =>
  Array.from({ length: LAST }, (_, i) => i + 1)
    .filter((sequence) => !lost.includes(sequence))
    .map((sequence) => ({ first: sequence, last: sequence }));
const isLost = (ranges: readonly SequenceRange[], sequence: number): boolean =>
  ranges.some(({ first, last }) => first <= sequence && sequence <= last);
const acknowledged = (n: number): Settlement => ({
  acknowledged: n,
  duplicates: 0,
  filtered: 0,
  expired: 0,
  rejected: [],
});

test('whatever is lost and however it is settled, every event is accounted for once', () => {
  fc.assert(
    fc.property(holes, fc.array(fc.integer({ min: 1, max: 15 })), (ranges, steps) => {
      let account = overLost(openAccount('lane:a', 0), ranges);
      for (const step of steps) {
        const upTo = Math.min(LAST, account.cursor + step);
        if (upTo === account.cursor || isLost(ranges, upTo)) continue;
        const sequences = Array.from({ length: upTo - account.cursor }, (_, i) => account.cursor + 1 + i);
        account = settled(account, upTo, acknowledged(sequences.filter((s) => !isLost(ranges, s)).length), ranges);
      }
      expect(unaccounted(account)).toBe(0);
      expect(account.acknowledged + account.lost + pending(account, LAST, ranges)).toBeLessThanOrEqual(LAST);
      expect(isLost(ranges, account.cursor + 1)).toBe(false);
    }),
  );
});

test('a settlement that leaves an event out, or names one too many, is a bug', () => {
  for (const n of [4, 6]) {
    expect(() => settled(openAccount('lane:a', 0), 5, acknowledged(n), [])).toThrow('must account for every event');
  }
});

test('what is missing is found between, before and behind ranges in any order', () => {
  const ranges = [
    { first: 8, last: 9 },
    { first: 3, last: 5 },
  ];
  expect(missingIn(ranges, 1, 12)).toEqual([
    { first: 1, last: 2 },
    { first: 6, last: 7 },
    { first: 10, last: 12 },
  ]);
  expect(missingIn(ranges, 3, 5)).toEqual([]);
  expect(missingIn([], 4, 3)).toEqual([]);
});
