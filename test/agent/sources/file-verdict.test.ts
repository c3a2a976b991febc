import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FoundFile } from '../../../agent/sources/file-discovery.ts';
import type { FileState } from '../../../agent/sources/file-identity.ts';
import { fullestOfAlike, goesOnIn, meaningOf, placeOf } from '../../../agent/sources/file-verdict.ts';
import type { Extent, Kin, Sighting } from '../../../agent/sources/file-verdict.ts';

const LOG = '/log/audit.ndjson';

const known = (more: Partial<FileState> = {}): FileState => ({
  id: 'a', base: LOG, path: LOG, dev: 1, ino: 1, begin: 0, at: 10, last: [0, 1, ''], print: [1, ''], done: false, gone: false,
  ...more,
}); // prettier-ignore

const found = (path: string, size = 100): FoundFile => ({
  path, base: LOG, pattern: null, dev: 1, ino: 2, size, mtimeMs: 0, ctimeMs: 0, gzip: path.endsWith('.gz'),
}); // prettier-ignore

const sighting = (file: FoundFile, kin: readonly Kin[] | null, more: Partial<Sighting> = {}): Sighting => ({
  file,
  kin,
  head: Buffer.from('head'),
  isPassed: false,
  damage: null,
  ...more,
});

const kinOf = (state: FileState, match: Kin['match'], extent: Extent = 'unclear'): Kin => ({ state, match, extent });

describe('something known that is not where it was', () => {
  const state = known();

  test('goes on in the file that holds what was stored of it: the fullest, and not compressed, if there are several', () => {
    const files = [
      sighting(found(`${LOG}.1.gz`, 900), [kinOf(state, 'same')]),
      sighting(found(`${LOG}.2`, 100), [kinOf(state, 'same')]),
      sighting(found(`${LOG}.3`, 200), [kinOf(state, 'same')]),
      sighting(found(`${LOG}.4`, 300), [kinOf(state, 'prefix')]),
    ];
    expect(placeOf(state, files, true)).toEqual({ kind: 'moved', sighting: files[2] });
  });

  test('is waited for while a file that may hold it cannot be read, but not for ever', () => {
    const files = [sighting(found(`${LOG}.1.gz`), null), sighting(found(`${LOG}.2`), [kinOf(state, 'prefix')])];
    expect(placeOf(state, files, true)).toEqual({ kind: 'unclear' });
    expect(placeOf(state, files, false)).toEqual({ kind: 'cut', sighting: files[1] });
    expect(placeOf(state, files.slice(0, 1), false)).toEqual({ kind: 'gone' });
  });

  test('is not taken to be cut off where it was written to, nor in a file that no rotation of it made', () => {
    const files = [LOG, '/log/other.ndjson', '/old/audit.ndjson.1'].map((path) =>
      sighting(found(path), [kinOf(state, 'prefix')]),
    );
    expect(placeOf(state, files, true)).toEqual({ kind: 'gone' });
  });

  test('and is known to be gone, comes back whole or not at all, and never in a copy of another', () => {
    const gone = known({ gone: true });
    const whole = sighting(found(`${LOG}.1.gz`), [kinOf(gone, 'same')]);
    expect(placeOf(gone, [whole], false)).toEqual({ kind: 'moved', sighting: whole });
    expect(placeOf(gone, [{ ...whole, isPassed: true }], false)).toEqual({ kind: 'gone' });
    expect(placeOf(gone, [sighting(found(`${LOG}.1`), [kinOf(gone, 'prefix')])], false)).toEqual({ kind: 'gone' });
  });
});

const anyKin = fc.record({
  state: fc.oneof(fc.constant(null), fc.boolean().map((gone) => known({ gone }))), // prettier-ignore
  match: fc.constantFrom('same' as const, 'prefix' as const, 'stub' as const),
  extent: fc.constantFrom<Extent>('copy', 'fuller', 'other', 'unclear'),
});

test('a file is new only when it can be read and all that it begins like is known to be another', () => {
  fc.assert(
    fc.property(fc.option(fc.array(anyKin, { maxLength: 4 })), (kin) => {
      const living = kin?.filter(({ state }) => !state?.gone);
      const isOther = living?.every(({ extent }) => extent === 'other') ?? false;
      expect(meaningOf(sighting(found(LOG), kin)) === 'new').toBe(isOther);
    }),
  );
});

test('a file without a line to tell it by is not new yet', () => {
  expect(meaningOf(sighting(found(LOG), [], { head: Buffer.alloc(0) }))).toBe('unclear');
});

test('what is read from a copy goes on in the fuller file, unless it is not to be read, or no rotation connects the two', () => {
  const state = known({ path: `${LOG}.1` });
  const skipped = known({ at: -1 });
  expect(goesOnIn(sighting(found(LOG), [kinOf(state, 'same', 'fuller')]))).toBe(state);
  expect(goesOnIn(sighting(found(LOG), [kinOf(skipped, 'same', 'fuller')]))).toBeNull();
  const other = { ...found('/log/other.ndjson'), base: '/log/other.ndjson' };
  expect(goesOnIn(sighting(other, [kinOf(state, 'same', 'fuller')]))).toBeNull();
});

test('of new files that begin alike one is begun at a time, and of those that do not each', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 3 }), fc.nat(3))), (given) => {
      const files = given.map(([head, size]) => sighting(found(LOG, size), [], { head: Buffer.from(head) }));
      const begun = fullestOfAlike(files);
      const isAlike = (a: Sighting, b: Sighting): boolean =>
        a.head.toString().startsWith(b.head.toString()) || b.head.toString().startsWith(a.head.toString());
      begun.forEach((a, i) => begun.slice(i + 1).forEach((b) => expect(isAlike(a, b)).toBe(false)));
      for (const left of files.filter((file) => !begun.includes(file))) {
        expect(files.some((other) => other !== left && isAlike(left, other) && other.file.size >= left.file.size)).toBe(
          true,
        );
      }
      expect(begun.length > 0).toBe(files.length > 0);
    }),
  );
});
