import { cpSync, readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../agent/clock.ts';
import { StorageFailed, StoreInUse, StoreUnusable } from '../../../agent/store/errors.ts';
import type { Damage } from '../../../agent/store/spool-log.ts';
import { openStore } from '../../../agent/store/spool.ts';
import type { Store } from '../../../agent/store/store.ts';
import { appendingChild } from '../../support/appending-child.ts';
import { acknowledged, describeStore, draft, readUpTo, upTo } from '../../support/describe-store.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { smallDisk, testWithSmallDisk } from '../../support/small-disk.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MiB = 1024 * 1024;
const signal = new AbortController().signal;

const open = (dataDir: string, damage: Damage[] = [], sizeBytes = 64 * MiB, log = new MemoryLog()): Promise<Store> =>
  openStore({ dataDir, sizeBytes, waitMs: 0, clock: systemClock, log, onDamage: (found) => damage.push(found) });

describeStore('the spool', async () => {
  const folder = temporaryFolder();
  return {
    store: () => open(join(folder.path, 'data')),
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]();
    },
  };
});

describe('the spool', () => {
  test('takes its size from the disk when it is created, never grows, and keeps it over a clean stop', async () => {
    using folder = temporaryFolder();
    const total = (): number =>
      readdirSync(folder.path).reduce((sum, name) => sum + statSync(join(folder.path, name)).blocks * 512, 0);
    {
      await using store = await open(folder.path);
      expect(total()).toBeGreaterThan(60 * MiB);
      await store.consumer('lane:a', 'now');
      for (let i = 0; i < 50; i++) await (await store.append('s', draft(1 + i * 500, 500), i, signal)).stored;
      expect(total()).toBeLessThanOrEqual(64.1 * MiB);
    }
    expect(total()).toBeGreaterThan(60 * MiB);
    expect(total()).toBeLessThanOrEqual(64.1 * MiB);
  });

  test('everything in it is the owner’s alone', async () => {
    using folder = temporaryFolder();
    const dataDir = join(folder.path, 'data');
    await using _store = await open(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o077).toBe(0);
  });

  test('a second agent is refused at once, and told who holds the directory', async () => {
    using folder = temporaryFolder();
    await using _store = await open(folder.path);
    const second = open(folder.path);
    await expect(second).rejects.toBeInstanceOf(StoreInUse);
    await expect(second).rejects.toThrow(`process ${process.pid}`);
  });

  test('a directory that was copied begins a new epoch, and keeps its events', async () => {
    using folder = temporaryFolder();
    const [one, two] = [join(folder.path, 'one'), join(folder.path, 'two')];
    const before = { epoch: 0, instance: '' };
    {
      await using store = await open(one);
      await store.consumer('lane:a', 'now');
      await (
        await store.append('s', draft(1, 2), null, signal)
      ).stored;
      Object.assign(before, { epoch: store.epoch, instance: store.instance });
    }
    cpSync(one, two, { recursive: true });
    await using again = await open(one);
    expect([again.epoch, again.instance]).toEqual([before.epoch, before.instance]);
    await using copy = await open(two);
    expect(copy.epoch).toBeGreaterThan(before.epoch);
    expect(copy.instance).not.toBe(before.instance);
    expect(await readUpTo(await copy.consumer('lane:a', 'now'), 2)).toEqual([1, 2]);
  });

  test('one that is larger than the disk is refused before it takes anything of it', async () => {
    using folder = temporaryFolder();
    const { bavail, bsize } = statfsSync(folder.path);
    const refused = open(folder.path, [], bavail * bsize + 1024 * MiB);
    await expect(refused).rejects.toBeInstanceOf(StoreUnusable);
    await expect(refused).rejects.toThrow(
      /spool.size is .* GiB, and the disk of .* has .* free: make room, or say less/,
    );
    expect(statSync(join(folder.path, 'spool.db')).size).toBeLessThan(MiB);
  });

  test('a data directory that cannot be one is refused, with what to do', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below')]) {
      const refused = open(path);
      await expect(refused).rejects.toBeInstanceOf(StoreUnusable);
      await expect(refused).rejects.toThrow(`data_dir ${path} cannot be used`);
    }
  });

  test('reserving it can be broken off, and is taken up again', async () => {
    using folder = temporaryFolder();
    const stop = new AbortController();
    const stopAtFirstWord = (): void => stop.abort(new Error('stopped'));
    const opening = openStore({
      dataDir: folder.path,
      sizeBytes: 64 * MiB,
      waitMs: 0,
      clock: systemClock,
      log: { info: stopAtFirstWord, warn: stopAtFirstWord, error: stopAtFirstWord },
      onDamage: () => undefined,
      signal: stop.signal,
    });
    await expect(opening).rejects.toThrow('stopped');
    await using store = await open(folder.path);
    expect((await store.state()).last).toBe(0);
  });

  test('knows whether the last stop was clean', async () => {
    using folder = temporaryFolder();
    {
      await using store = await open(folder.path);
      expect(store.cleanStop).toBe(true);
    }
    {
      await using store = await open(folder.path);
      expect(store.cleanStop).toBe(true);
    }
    await appendingChild(folder.path, 1);
    await using store = await open(folder.path);
    expect(store.cleanStop).toBe(false);
  });

  test('when it is full, appending waits and nothing is dropped; it goes on when a lane has settled', async () => {
    using folder = temporaryFolder();
    await using store = await open(folder.path);
    const consumer = await store.consumer('lane:a', 'now');
    const noise = (first: number) => {
      const {
        events: [made],
        ...rest
      } = draft(first, 1);
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      const big = Buffer.concat(
        [bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes].map(() =>
          crypto.getRandomValues(new Uint8Array(60_000)),
        ),
      );
      return { ...rest, events: [{ ...made!, records: { bytes: big, ends: Uint32Array.of(big.length) } }] };
    };
    let appended = 0;
    let stored = 0;
    const filling = new AbortController();
    const fill = async (): Promise<void> => {
      while (appended < 120) {
        const pending = await store.append('s', noise(appended + 1), appended + 1, filling.signal);
        appended++;
        void pending.stored.then(() => stored++);
      }
    };
    const filled = fill();
    let before = -1;
    while (stored !== before || stored === 0) {
      before = stored;
      for (let i = 0; i < 20; i++) await store.state();
      await systemClock.sleep(50);
    }
    expect(appended).toBeLessThan(120);
    while (stored < 120) {
      const { last } = await store.state();
      if (last > consumer.cursor) await consumer.settle(last, acknowledged(last - consumer.cursor));
    }
    await filled;
    expect((await store.state()).last).toBe(120);
  });
});

describe('a damaged store', () => {
  /** Appends blocks, closes, changes the file through SQLite as a bad disk would, opens again. */
  async function damagedBy(
    change: (database: DatabaseSync) => void,
  ): Promise<{ read: number[]; damage: Damage[]; unaccounted: number; lost: number }> {
    using folder = temporaryFolder();
    {
      await using store = await open(folder.path);
      await store.consumer('lane:a', 'now');
      for (let i = 0; i < 3; i++) await (await store.append('s', draft(1 + i * 100, 100), i, signal)).stored;
    }
    const database = new DatabaseSync(join(folder.path, 'spool.db'));
    change(database);
    database.close();
    const damage: Damage[] = [];
    await using store = await open(folder.path, damage);
    const consumer = await store.consumer('lane:a', 'now');
    const read = await readUpTo(consumer, 300);
    await consumer.settle(300, acknowledged(read.length));
    const state = await store.state();
    return { read, damage, unaccounted: state.unaccounted, lost: state.consumers[0]!.lost };
  }

  const flip = (database: DatabaseSync, column: string, at: number): void => {
    const row = database.prepare(`select ${column} as blob from block where first = 101`).get()!;
    const blob = Buffer.from(row['blob'] as Uint8Array);
    blob[Math.floor(at * blob.length)]! ^= 0x10;
    database.prepare(`update block set ${column} = ? where first = 101`).run(blob);
  };

  test('no single damaged byte of a block is ever sent, its neighbours are, and the loss is reported and counted', async () => {
    for (const column of ['documents', 'records', 'heads', 'digests', 'hash', 'previous', 'heads_hash']) {
      for (const at of [0.02, 0.5, 0.97]) {
        const { read, damage, unaccounted, lost } = await damagedBy((database) => flip(database, column, at));
        expect(damage).toHaveLength(1);
        expect(damage[0]).toMatchObject({ first: 101, last: 200, lost: 300 - read.length });
        expect(read.filter((sequence) => sequence <= 100 || sequence > 200)).toHaveLength(200);
        expect(lost).toBe(300 - read.length);
        expect(unaccounted).toBe(0);
      }
    }
  });

  test('when only what is beside the events is damaged, none is lost', async () => {
    for (const column of ['heads', 'digests', 'heads_hash']) {
      const { read } = await damagedBy((database) => flip(database, column, 0.5));
      expect(read).toEqual(upTo(300));
    }
  });

  test('a file that is no database any more is set aside, never deleted, and a new one begins', async () => {
    using folder = temporaryFolder();
    {
      await using _store = await open(folder.path);
    }
    const path = join(folder.path, 'spool.db');
    const bytes = readFileSync(path);
    bytes.fill(0xff, 0, 4096);
    writeFileSync(path, bytes);
    const log = new MemoryLog();
    const damage: Damage[] = [];
    await using store = await open(folder.path, damage, 64 * MiB, log);
    expect(damage).toHaveLength(1);
    expect(readdirSync(folder.path).some((name) => name.startsWith('spool.db.damaged-'))).toBe(true);
    await store.consumer('lane:a', 'now');
    await (
      await store.append('s', draft(1, 1), null, signal)
    ).stored;
  });
});

test('after a kill at any moment everything that was said to be stored is there, once, with its checkpoint', async () => {
  using folder = temporaryFolder();
  for (let run = 0; run < 8; run++) {
    const { said } = await appendingChild(folder.path, 1 + run * 7);
    await using store = await open(folder.path);
    const { last, unaccounted } = await store.state();
    expect(last).toBeGreaterThanOrEqual(said);
    expect(await store.checkpoint('s')).toBe(last);
    expect(unaccounted).toBe(0);
    const consumer = await store.consumer('lane:a', 'oldest');
    expect(await readUpTo(consumer, last)).toEqual(upTo(last, consumer.cursor + 1));
    await consumer.settle(last, acknowledged(last - consumer.cursor));
  }
});

testWithSmallDisk()('on a disk with no byte left it goes on accepting within its reservation', async () => {
  using disk = smallDisk('80m');
  await using store = await open(join(disk.path, 'data'));
  const consumer = await store.consumer('lane:a', 'now');
  disk.fill();
  for (let i = 0; i < 1_000; i++) {
    await (
      await store.append('s', draft(1 + i * 100, 100), i, signal)
    ).stored;
    if (i % 10 === 9) await consumer.settle((i + 1) * 100, acknowledged(1_000));
  }
  expect((await store.state()).last).toBe(100_000);
});

testWithSmallDisk()('on a disk with no byte left it starts again, after a kill and after a clean stop', async () => {
  using disk = smallDisk('80m');
  const dataDir = join(disk.path, 'data');
  const { said } = await appendingChild(dataDir, 20);
  disk.fill();
  for (let start = 0; start < 2; start++) {
    await using store = await open(dataDir);
    expect(readdirSync(dataDir)).not.toContain('spool.db-shm');
    const { last } = await store.state();
    expect(last).toBeGreaterThanOrEqual(said);
    await (
      await store.append('s', draft(last + 1, 100), null, signal)
    ).stored;
  }
});

test('after a failure on its thread the store says so and accepts nothing more', async () => {
  using folder = temporaryFolder();
  await using store = await open(folder.path);
  const consumer = await store.consumer('lane:a', 'now');
  await (
    await store.append('s', draft(1, 3), null, signal)
  ).stored;
  await consumer.settle(3, acknowledged(1)).catch(() => undefined);
  await expect(store.failed).rejects.toBeInstanceOf(StorageFailed);
  await expect(store.append('s', draft(4, 1), null, signal).then(({ stored }) => stored)).rejects.toBeInstanceOf(
    StorageFailed,
  );
});
