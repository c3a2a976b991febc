import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blockHash, noBlock } from '../../../agent/store/chain.ts';
import { packEvents, runsOf, salvaged, verified, type BlockRow } from '../../../agent/store/packed-block.ts';
import { count, slice, type Slices } from '../../../mappings/slices.ts';
import { events } from '../../support/blocks.ts';

const EVENTS = 40;
const original = events(1, EVENTS);
const row: BlockRow = (() => {
  const { events: n, ...packed } = packEvents(original);
  const link = { epoch: 7, first: 1, previous: noBlock };
  return { ...packed, ...link, last: n, hash: blockHash(link, packed.digests), storedAt: 0 };
})();

const blobs = ['documents', 'records', 'heads', 'digests', 'hash', 'previous', 'headsHash'] as const;
const damages = fc
  .record({ column: fc.constantFrom(...blobs), at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }) })
  .chain(({ column, at }) =>
    fc.oneof(
      fc.integer({ min: 1, max: 255 }).map((bits) => ({
        ...row,
        [column]: row[column].map((byte, i) => (i === Math.floor(at * row[column].length) ? byte ^ bits : byte)),
      })),
      fc.constant({ ...row, [column]: row[column].slice(0, Math.floor(at * row[column].length)) }),
    ),
  );

const texts = (slices: Slices): string[] =>
  Array.from({ length: count(slices) }, (_, i) => Buffer.from(slice(slices, i)).toString());

describe('a block that is packed', () => {
  test('is verified as it was', () => {
    const found = verified(row);
    if (typeof found === 'string') throw new Error(found);
    for (const part of ['documents', 'records', 'heads'] as const) {
      expect(texts(found[part])).toEqual(texts(original[part]));
    }
  });

  test('whichever byte of it is changed or wherever it is cut off, it is found to be damaged', () => {
    fc.assert(
      fc.property(damages, (damaged) => expect(typeof verified(damaged)).toBe('string')),
      { numRuns: 300 },
    );
  });

  test('what is salvaged of it are events as they were, at their places', async () => {
    await fc.assert(
      fc.asyncProperty(damages, async (damaged) => {
        const { places, events: kept } = await salvaged(damaged);
        expect(texts(kept.documents)).toEqual(places.map((i) => texts(original.documents)[i]));
        expect(texts(kept.records)).toEqual(places.map((i) => texts(original.records)[i]));
        expect(count(kept.heads)).toBe(places.length);
      }),
      { numRuns: 300 },
    );
  });

  test('a block moved to another place in the chain is found', () => {
    for (const moved of [{ first: 2, last: EVENTS + 1 }, { epoch: 8 }, { previous: row.hash }]) {
      expect(verified({ ...row, ...moved })).toBe('the block does not match its hash');
    }
  });
});

test('neighbouring places are runs', () => {
  expect(runsOf([0, 1, 2, 5, 7, 8])).toEqual([
    { from: 0, to: 3 },
    { from: 3, to: 4 },
    { from: 4, to: 6 },
  ]);
});
