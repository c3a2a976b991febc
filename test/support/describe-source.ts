import { describe, expect, test } from '@jest/globals';
import type { Checkpoint, Page, Source } from '../../agent/sources/source.ts';
import { BLOCK_BYTES_MAX, BLOCK_EVENTS_MAX } from '../../mappings/events.ts';
import { recordHash, type AuditRecord } from '../../mappings/record.ts';

/** How the suite gets at a kind of source. */
export interface SourceUnderTest {
  /**
   * A source that has more than two pages of records and then, since it is asked to read once, ends. `learned` is what its
   * pages have taught so far.
   */
  readonly open: (learned: ReadonlyMap<string, Uint8Array>) => Promise<Source>;
  /** Whether it can be read again from a checkpoint (a pipe cannot). */
  readonly repeatable: boolean;
}

const nothing: ReadonlyMap<string, Uint8Array> = new Map();

/** What every source promises. */
export function describeSource(name: string, { open, repeatable }: SourceUnderTest): void {
  describe(`${name} keeps the promises of a source`, () => {
    test('it ends when it is read once, and every page is at most a block', async () => {
      const pages = await readAll(await open(nothing), null);
      expect(pages.length).toBeGreaterThan(2);
      for (const { records } of pages) {
        expect(records.length).toBeLessThanOrEqual(BLOCK_EVENTS_MAX);
        const bytes = records.reduce((sum, record) => sum + record.bytes.length, 0);
        expect(records.length === 1 || bytes <= BLOCK_BYTES_MAX).toBe(true);
      }
    });

    test('native ids are unique, and the hash is that of the bytes', async () => {
      const records = recordsOf(await readAll(await open(nothing), null));
      expect(new Set(records.map(({ nativeId }) => nativeId)).size).toBe(records.length);
      for (const { bytes, hash, fields, problem } of records) {
        expect(hash).toBe(recordHash(bytes));
        expect(fields === null).toBe(problem !== undefined);
      }
    });

    test('it ends when the signal aborts', async () => {
      const stop = new AbortController();
      let pages = 0;
      for await (const page of (await open(nothing)).read(null, stop.signal)) {
        pages += page.records.length > 0 ? 1 : 0;
        stop.abort();
      }
      expect(pages).toBeLessThanOrEqual(1);
    });

    if (!repeatable) return;
    test('from any checkpoint, stored as JSON, it goes on with the next record and the same ids', async () => {
      const whole = recordsOf(await readAll(await open(nothing), null));
      let from: Checkpoint = null;
      const pieces: AuditRecord[] = [];
      const learned = new Map<string, Uint8Array>();
      for (let before = -1; pieces.length > before;) {
        before = pieces.length;
        for await (const page of (await open(new Map(learned))).read(from, new AbortController().signal)) {
          for (const [bucket, value] of page.learned ?? []) {
            if (value) learned.set(bucket, value);
            else learned.delete(bucket);
          }
          pieces.push(...page.records);
          from = JSON.parse(JSON.stringify(page.checkpoint)) as Checkpoint;
          if (page.records.length > 0) break;
        }
      }
      expect(pieces.map(({ nativeId }) => nativeId)).toEqual(whole.map(({ nativeId }) => nativeId));
    });
  });
}

/** Every page until the source ends. */
export async function readAll(source: Source, from: Checkpoint): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of source.read(from, new AbortController().signal)) pages.push(page);
  return pages;
}

export const recordsOf = (pages: readonly Page[]): AuditRecord[] => pages.flatMap(({ records }) => [...records]);
