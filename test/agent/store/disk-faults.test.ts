import { expect } from '@jest/globals';
import { systemClock } from '../../../agent/clock.ts';
import type { Damage } from '../../../agent/store/spool-log.ts';
import { openStore } from '../../../agent/store/spool.ts';
import { appendingChild } from '../../support/appending-child.ts';
import { testWithPackages } from '../../support/debian-packages.ts';
import { acknowledged, readUpTo, upTo } from '../../support/describe-store.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const STRACE = '/usr/bin/strace';

/** Where in the life of a store its disk fails, once: which calls, with what, at which of them. (SQLite ignores what fsync says of a folder.) */
const faults = [
  ...[1, 3, 5, 9, 20, 41, 60, 75].map((when) => ({ calls: 'fsync,fdatasync', error: 'EIO', when })),
  ...[3, 900, 4_500, 9_000, 9_300].map((when) => ({ calls: 'pwrite64', error: 'ENOSPC', when })),
  ...[20, 5_000, 9_100].map((when) => ({ calls: 'pwrite64', error: 'EIO', when })),
];

testWithPackages([STRACE], ['strace']).each(faults)(
  '$error at number $when of $calls: the store stops with 74, and what it said was stored is there without a hole',
  async ({ calls, error, when }) => {
    using folder = temporaryFolder();
    const failed = await appendingChild(folder.path, 5_000, [
      ...[STRACE, '-f', '--seccomp-bpf', '-o', '/dev/null', '-e', `trace=${calls}`],
      ...['-e', `inject=${calls}:error=${error}:when=${when}`],
    ]);
    expect(failed).toMatchObject({ code: 74 });
    expect(failed.stderr).toMatch(/StorageFailed: .*SQLite result code/);

    const damage: Damage[] = [];
    await using store = await openStore({
      dataDir: folder.path,
      sizeBytes: 64 * 1024 * 1024,
      waitMs: 0,
      clock: systemClock,
      log: new MemoryLog(),
      onDamage: (found) => damage.push(found),
    });
    const { last, unaccounted } = await store.state();
    expect(last).toBeGreaterThanOrEqual(failed.said);
    expect(unaccounted).toBe(0);
    const consumer = await store.consumer('lane:a', 'oldest');
    expect(await readUpTo(consumer, last)).toEqual(upTo(last, consumer.cursor + 1));
    await consumer.settle(last, acknowledged(last - consumer.cursor));
    expect(damage).toEqual([]);
  },
);
