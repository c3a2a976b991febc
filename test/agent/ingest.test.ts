import { expect, test } from '@jest/globals';
import { ingest, type IngestParts } from '../../agent/ingest.ts';
import type { Checkpoint, Page, Source } from '../../agent/sources/source.ts';
import type { Draft, Store } from '../../agent/store/store.ts';
import { events } from '../support/blocks.ts';
import { eventually, FakeClock } from '../support/fake-clock.ts';
import { MemoryLog } from '../support/memory-log.ts';

const page = (checkpoint: number, gaps = 0): Page => ({
  records: [],
  gaps: Array.from({ length: gaps }, () => ({ what: 'a file', amount: null, why: 'it was deleted', since: null })),
  checkpoint,
});

/** The part of a store that ingest uses; a commit is held back until the test lets it go. */
class HeldStore {
  readonly drafts: Draft[] = [];
  committed: Checkpoint = null;
  readonly #held: (() => void)[] = [];

  async append(_source: string, draft: Draft, checkpoint: Checkpoint): Promise<{ stored: Promise<void> }> {
    this.drafts.push(draft);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#held.push(() => {
      this.committed = checkpoint;
      resolve(undefined);
    });
    return { stored: promise };
  }

  async checkpoint(): Promise<Checkpoint> {
    return this.committed;
  }

  commit(): void {
    this.#held.shift()!();
  }
}

function parts(source: Source, store: HeldStore, clock = new FakeClock()): IngestParts & { log: MemoryLog } {
  return {
    id: 'exported',
    source,
    encode: () => [events(1, 1)],
    store: store as unknown as Store,
    onStored: () => undefined,
    backoff: { firstMs: 1_000, longestMs: 60_000 },
    clock,
    log: new MemoryLog(),
  };
}

test('a source is told of a page only after the commit that stored it, and may go on before', async () => {
  const told: Checkpoint[] = [];
  const source: Source = {
    async *read() {
      yield page(1);
      yield page(2);
    },
    stored: (upTo) => told.push(upTo),
  };
  const store = new HeldStore();
  const clock = new FakeClock();
  const running = ingest(parts(source, store, clock), new AbortController().signal);
  await eventually(async () => (await clock.advance(10), store.drafts.length === 2), 'both pages');
  expect(told).toEqual([]);
  store.commit();
  await eventually(() => told.length === 1, 'the first page to be told');
  store.commit();
  await clock.advance(10);
  await running;
  expect(told).toEqual([1, 2]);
});

test('gaps are counted with the page they belong to', async () => {
  const store = new HeldStore();
  const clock = new FakeClock();
  const source: Source = {
    async *read() {
      yield page(1, 2);
    },
  };
  const running = ingest(parts(source, store, clock), new AbortController().signal);
  await eventually(() => store.drafts.length === 1, 'the page');
  store.commit();
  await eventually(async () => (await clock.advance(10), clock.sleeping === 0), 'the end');
  await running;
  expect(store.drafts[0]!.gaps).toBe(2);
});

test('a source that throws is read again from what is stored, not from what it had handed over', async () => {
  const store = new HeldStore();
  const clock = new FakeClock();
  const from: Checkpoint[] = [];
  const source: Source = {
    async *read(checkpoint) {
      from.push(checkpoint);
      if (from.length === 1) {
        yield page(7);
        throw new Error('EIO: i/o error, read');
      }
    },
  };
  const given = parts(source, store, clock);
  const running = ingest(given, new AbortController().signal);
  await eventually(() => store.drafts.length === 1, 'the first page');
  await clock.advance(10);
  expect(from).toEqual([null]);
  store.commit();
  await eventually(async () => (await clock.advance(1_000), from.length === 2), 'the second reading');
  await running;
  expect(from).toEqual([null, 7]);
  expect(given.log.lines).toMatchObject([{ message: 'source is failing', fields: { reason: 'EIO: i/o error, read' } }]);
});

test('a stop ends it, also while the source waits to be read again', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const source: Source = {
    async *read() {
      throw new Error('EACCES');
    },
  };
  const running = ingest(parts(source, new HeldStore(), clock), stop.signal);
  await eventually(() => clock.sleeping === 1, 'the wait');
  const reason = new Error('stopping');
  stop.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(clock.sleeping).toBe(0);
});
