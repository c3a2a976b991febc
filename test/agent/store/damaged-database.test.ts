import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../../agent/clock.ts';
import { StorageFailed } from '../../../agent/store/errors.ts';
import type { Damage } from '../../../agent/store/spool-log.ts';
import { openStore } from '../../../agent/store/spool.ts';
import type { Store } from '../../../agent/store/store.ts';
import { acknowledged, draft, readUpTo, upTo } from '../../support/describe-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PAGE_BYTES = 8_192;
const BLOCKS = 60;
const PER_BLOCK = 100;
const signal = new AbortController().signal;

const open = (dataDir: string, damage: Damage[] = [], log = new MemoryLog()): Promise<Store> =>
  openStore({
    dataDir,
    sizeBytes: 40 * 1024 * 1024,
    waitMs: 0,
    clock: systemClock,
    log,
    onDamage: (found) => damage.push(found),
  });

/** A store with a backlog of which one lane has settled the first blocks. */
async function fill(dataDir: string): Promise<void> {
  await using store = await open(dataDir);
  const consumer = await store.consumer('lane:a', 'now');
  await store.consumer('lane:b', 'now');
  for (let i = 0; i < BLOCKS; i++)
    await (
      await store.append('s', draft(1 + i * PER_BLOCK, PER_BLOCK), i, signal)
    ).stored;
  await consumer.settle(5 * PER_BLOCK, acknowledged(5 * PER_BLOCK));
}

/** Opens it and reads all of it, starting again after a failure, as a supervisor would start the agent again. */
async function recovered(dataDir: string, damage: Damage[]): Promise<Store> {
  for (let starts = 0; starts < 3; starts++) {
    try {
      const store = await open(dataDir, damage);
      try {
        await store.verify();
        for (const { name } of (await store.state()).consumers) await store.deadLetters(name, 0, 10);
        await store.checkpoint('s');
        return store;
      } catch (error) {
        await store[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      if (!(error instanceof StorageFailed)) throw error;
    }
  }
  throw new Error('the store does not recover');
}

/** What each lane has still to deliver: whole and in order, whatever was lost between. Gives how many there are. */
async function readRest(store: Store, name: string): Promise<number> {
  const { consumers } = await store.state();
  const { pending } = consumers.find((consumer) => consumer.name === name)!;
  let seen = 0;
  const stop = new AbortController();
  const consumer = await store.consumer(name, 'now');
  if (pending === 0) return 0;
  let before = consumer.cursor;
  for await (const block of consumer.read(stop.signal)) {
    expect(block.first).toBeGreaterThan(before - PER_BLOCK);
    before = block.first;
    for (let i = 0; i < block.documents.ends.length; i++) if (block.first + i > consumer.cursor) seen++;
    if (seen >= pending) stop.abort();
  }
  return seen;
}

test('whatever page of the database is destroyed, what is read is whole and in order, and what is lost is counted', async () => {
  using folder = temporaryFolder();
  const pristine = join(folder.path, 'pristine');
  await fill(pristine);
  const bytes = readFileSync(join(pristine, 'spool.db'));
  const used = Array.from({ length: bytes.length / PAGE_BYTES }, (_, page) => page).filter((page) =>
    bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES).some((byte) => byte !== 0),
  );
  const seed = Number(process.env['SEED'] ?? Math.floor(systemClock.random() * 2 ** 31));
  process.stderr.write(`damaged pages: SEED=${seed}\n`);
  const chance = new FakeClock(0, seed);
  for (let run = 0; run < 14; run++) {
    // Page 0 says what kind of file it is: without it nothing can be read, which is another test's matter.
    const page = used[1 + Math.floor(chance.random() * (used.length - 1))]!;
    const damaged = Buffer.from(bytes);
    const target = damaged.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    if (run % 3 === 0) target.fill(0xff);
    else if (run % 3 === 1) target.fill(0);
    else target.forEach((_, i) => (target[i] = Math.floor(chance.random() * 256)));
    writeFileSync(join(pristine, 'spool.db'), damaged);

    const damage: Damage[] = [];
    await using store = await recovered(pristine, damage);
    const { consumers, unaccounted, last } = await store.state();
    const context = { page, run, damage, last, consumers };
    expect({ ...context, unaccounted }).toEqual({ ...context, unaccounted: 0 });
    for (const { name, pending, lost, cursor, start, acknowledged: done } of consumers) {
      expect({ ...context, sum: done + lost + pending }).toEqual({ ...context, sum: last - start });
      expect(cursor).toBeGreaterThanOrEqual(start);
      expect({ ...context, read: await readRest(store, name) }).toEqual({ ...context, read: pending });
    }
    const lost = Math.max(0, ...consumers.map((consumer) => consumer.lost));
    const missing = BLOCKS * PER_BLOCK - last;
    if (lost + missing > 0) expect(damage.length).toBeGreaterThan(0);

    await store[Symbol.asyncDispose]();
    for (const name of readdirSync(pristine)) {
      if (name.includes('damaged')) writeFileSync(join(pristine, name), '');
    }
  }
}, 120_000);

test('a database that was put back to an earlier state begins a new epoch', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'spool.db');
  const backup = join(folder.path, 'backup');
  await fill(folder.path);
  copyFileSync(path, backup);
  let epoch = 0;
  {
    await using store = await open(folder.path);
    epoch = store.epoch;
    await (
      await store.append('s', draft(1 + BLOCKS * PER_BLOCK, 5), null, signal)
    ).stored;
  }
  copyFileSync(backup, path);
  const log = new MemoryLog();
  await using store = await open(folder.path, [], log);
  expect(store.epoch).toBeGreaterThan(epoch);
  expect(log.messages()).toContain('the spool was put back to an earlier state: a new epoch begins');
  const consumer = await store.consumer('lane:a', 'now');
  expect(await readUpTo(consumer, BLOCKS * PER_BLOCK)).toEqual(upTo(BLOCKS * PER_BLOCK, 5 * PER_BLOCK + 1));
});

test('what was set aside and not taken over before a kill is taken over at the next start', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'spool.db');
  await fill(folder.path);
  copyFileSync(path, `${path}.damaged-1`);
  writeFileSync(path, '');
  const damage: Damage[] = [];
  {
    await using store = await open(folder.path, damage);
    expect(damage).toMatchObject([{ lost: 0, salvaged: (BLOCKS - 0) * PER_BLOCK }]);
    const { consumers } = await store.state();
    expect(consumers).toMatchObject([
      { name: 'lane:a', pending: (BLOCKS - 5) * PER_BLOCK },
      { name: 'lane:b', pending: BLOCKS * PER_BLOCK },
    ]);
  }
  await using _again = await open(folder.path, damage);
  expect(damage).toHaveLength(1);
});
