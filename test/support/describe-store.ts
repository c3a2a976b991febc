import { describe, expect, test } from '@jest/globals';
import { lastOf, type Consumer, type Draft, type Settlement, type Store } from '../../agent/store/store.ts';
import { parseHead } from '../../mappings/events.ts';
import { slice } from '../../mappings/slices.ts';
import { events, idOf } from './blocks.ts';

const signal = new AbortController().signal;
const nothing: Settlement = { acknowledged: 0, duplicates: 0, filtered: 0, expired: 0, rejected: [] };
export const acknowledged = (n: number): Settlement => ({ ...nothing, acknowledged: n });
export const draft = (first: number, n: number): Draft => ({ events: [events(first, n)], gaps: 0, learned: new Map() });

/** The sequence numbers that a consumer gives from its cursor up to `upTo`, checked to be the very events that were stored. */
export async function readUpTo(consumer: Consumer, upTo: number): Promise<number[]> {
  const read: number[] = [];
  const stop = new AbortController();
  if (consumer.cursor >= upTo) return [];
  for await (const block of consumer.read(stop.signal)) {
    for (let i = 0; i < block.documents.ends.length; i++) {
      const sequence = block.first + i;
      expect(Buffer.from(slice(block.records, i)).toString()).toBe(`{"n":${sequence}}`);
      expect(parseHead(slice(block.heads, i)).id).toBe(idOf(sequence));
      if (sequence > consumer.cursor) read.push(sequence);
    }
    if (lastOf(block) >= upTo) stop.abort();
  }
  return read;
}

export const upTo = (n: number, from = 1): number[] => Array.from({ length: n - from + 1 }, (_, i) => from + i);

/** What every store promises; `open` opens the same one again and again. */
export function describeStore(
  name: string,
  open: () => Promise<{ store: () => Promise<Store> } & AsyncDisposable>,
): void {
  describe(`${name}, as a store`, () => {
    test('gives back what was appended, in order, with sequence numbers without holes', async () => {
      await using place = await open();
      await using store = await place.store();
      const consumer = await store.consumer('lane:a', 'now');
      for (const [first, n] of [
        [1, 3],
        [4, 1],
        [5, 500],
      ] as const) {
        await (
          await store.append('s', draft(first, n), first, signal)
        ).stored;
      }
      expect(await readUpTo(consumer, 504)).toEqual(upTo(504));
    });

    test('keeps events, checkpoint and what was learned together over a restart', async () => {
      await using place = await open();
      {
        await using store = await place.store();
        await store.consumer('lane:a', 'now');
        const learned = new Map([
          ['b1', Uint8Array.of(1)],
          ['b2', Uint8Array.of(2)],
        ]);
        await (
          await store.append('s', { ...draft(1, 2), learned }, { offset: 20 }, signal)
        ).stored;
        const forgotten = new Map([['b1', null]]);
        await (
          await store.append('s', { events: [], gaps: 1, learned: forgotten }, { offset: 30 }, signal)
        ).stored;
      }
      await using store = await place.store();
      expect(await store.checkpoint('s')).toEqual({ offset: 30 });
      expect(await store.checkpoint('other')).toBeNull();
      expect([...(await store.learned('s'))]).toEqual([['b2', Uint8Array.of(2)]]);
      expect(await readUpTo(await store.consumer('lane:a', 'now'), 2)).toEqual([1, 2]);
      expect((await store.state()).sources).toMatchObject([{ name: 's', events: 2, gaps: 1 }]);
    });

    test('goes on behind what is settled, also within a block, and counts what became of every event', async () => {
      await using place = await open();
      {
        await using store = await place.store();
        const consumer = await store.consumer('lane:a', 'now');
        await (
          await store.append('s', draft(1, 10), null, signal)
        ).stored;
        const rejected = {
          sequence: 4,
          reason: '400 bad',
          id: idOf(4),
          document: Buffer.from('{}'),
          record: Buffer.from('r'),
          head: Buffer.from('[]'),
        };
        await consumer.settle(4, { ...nothing, acknowledged: 2, duplicates: 1, filtered: 1, rejected: [rejected] });
      }
      await using store = await place.store();
      const consumer = await store.consumer('lane:a', 'now');
      expect(consumer.cursor).toBe(4);
      expect(await readUpTo(consumer, 10)).toEqual(upTo(10, 5));
      const state = await store.state();
      expect(state.consumers).toMatchObject([
        { acknowledged: 2, duplicates: 1, filtered: 1, rejected: 1, deadLetters: 1, pending: 6, cursor: 4 },
      ]);
      expect(state.unaccounted).toBe(0);
      const [letter] = await store.deadLetters('lane:a', 0, 10);
      expect(letter).toMatchObject({ sequence: 4, reason: '400 bad', id: idOf(4) });
      expect(Buffer.from(letter!.record).toString()).toBe('r');
    });

    test('lets go of a block when every consumer has settled it, and not before', async () => {
      await using place = await open();
      await using store = await place.store();
      const a = await store.consumer('lane:a', 'now');
      const b = await store.consumer('lane:b', 'now');
      await (
        await store.append('s', draft(1, 5), null, signal)
      ).stored;
      await (
        await store.append('s', draft(6, 5), null, signal)
      ).stored;
      await a.settle(10, acknowledged(10));
      expect((await store.state()).spool).toMatchObject({ blocks: 2, first: 1 });
      await b.settle(5, acknowledged(5));
      expect((await store.state()).spool).toMatchObject({ blocks: 1, first: 6 });
      await b.settle(10, acknowledged(5));
      expect((await store.state()).spool).toMatchObject({ blocks: 0, first: 11 });
    });

    test('a removed destination keeps its backlog until it is purged by name', async () => {
      await using place = await open();
      {
        await using store = await place.store();
        await store.consumer('lane:old', 'now');
        await (
          await store.append('s', draft(1, 5), null, signal)
        ).stored;
      }
      await using store = await place.store();
      const fresh = await store.consumer('lane:new', 'oldest');
      await fresh.settle(5, acknowledged(5));
      expect((await store.state()).consumers).toMatchObject([
        { name: 'lane:new', open: true, pending: 0 },
        { name: 'lane:old', open: false, pending: 5 },
      ]);
      expect(await store.purgeConsumer('lane:old')).toBe(5);
      expect((await store.state()).spool.blocks).toBe(0);
    });

    test('a new consumer begins now, at the oldest that is kept, or at a time', async () => {
      await using place = await open();
      await using store = await place.store();
      await store.consumer('lane:a', 'now');
      await (
        await store.append('s', draft(1, 5), null, signal)
      ).stored;
      expect((await store.consumer('lane:now', 'now')).cursor).toBe(5);
      expect((await store.consumer('lane:oldest', 'oldest')).cursor).toBe(0);
      expect((await store.consumer('lane:past', { time: 0 })).cursor).toBe(0);
      expect((await store.consumer('lane:future', { time: 8_640_000_000_000_000 })).cursor).toBe(5);
    });

    test('dead letters that are purged are counted as purged', async () => {
      await using place = await open();
      await using store = await place.store();
      const consumer = await store.consumer('lane:a', 'now');
      await (
        await store.append('s', draft(1, 3), null, signal)
      ).stored;
      const letter = (sequence: number) => ({
        sequence,
        reason: 'no',
        id: idOf(sequence),
        document: Buffer.from('{}'),
        record: Buffer.from('r'),
        head: Buffer.from('[]'),
      });
      await consumer.settle(3, { ...nothing, rejected: [letter(1), letter(2), letter(3)] });
      expect(await store.purgeDeadLetters('lane:a', [2])).toBe(1);
      expect((await store.deadLetters('lane:a', 0, 10)).map(({ sequence }) => sequence)).toEqual([1, 3]);
      expect(await store.purgeDeadLetters('lane:a', 'all')).toBe(2);
      const state = await store.state();
      expect(state.consumers).toMatchObject([{ rejected: 0, purged: 3, deadLetters: 0 }]);
      expect(state.unaccounted).toBe(0);
    });

    test('a settlement that leaves an event out is refused', async () => {
      await using place = await open();
      await using store = await place.store();
      const consumer = await store.consumer('lane:a', 'now');
      await (
        await store.append('s', draft(1, 3), null, signal)
      ).stored;
      await expect(consumer.settle(3, acknowledged(2))).rejects.toThrow('must account for every event');
    });

    test('a reader waits for more, sees it, and ends when it is stopped', async () => {
      await using place = await open();
      await using store = await place.store();
      const consumer = await store.consumer('lane:a', 'now');
      const reading = readUpTo(consumer, 4);
      await (
        await store.append('s', draft(1, 3), null, signal)
      ).stored;
      await (
        await store.append('s', draft(4, 1), null, signal)
      ).stored;
      expect(await reading).toEqual([1, 2, 3, 4]);
    });
  });
}
