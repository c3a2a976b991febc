import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { file } from '../../forwarders/file.ts';
import type { Forwarder } from '../../forwarders/forwarder.ts';
import { forwarderParts, plainBatch } from '../support/batches.ts';
import { describeForwarder, outcomesOf } from '../support/describe-forwarder.ts';
import { smallDisk, testWithSmallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MiB = 1024 * 1024;
const open = (path: string, change: { rotate_size?: number; keep?: number } = {}): Promise<Forwarder> =>
  file.open({ path, rotate_size: 100 * MiB, keep: 0, ...change }, forwarderParts());
const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const numbers = (path: string): number[] => lines(path).map((line) => Number(/event (\d+)"/.exec(line)?.[1]));

describeForwarder('file', async () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'out', 'events.ndjson');
  return {
    open: (parts) => file.open({ path, rotate_size: 100 * MiB, keep: 0 }, parts),
    received: () => (existsSync(path) ? lines(path) : []),
    async down() {
      rmSync(path);
      symlinkSync('/dev/full', path);
    },
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]();
    },
  };
});

describe('a file destination', () => {
  test('makes its folder and file for the owner alone', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'a', 'b', 'events.ndjson');
    await using forwarder = await open(path);
    await outcomesOf(forwarder, plainBatch(1));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder.path, 'a', 'b')).mode & 0o777).toBe(0o700);
  });

  test('rotates by size without losing or repeating a line, and keeps as many as it is told to', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'events.ndjson');
    await using forwarder = await open(path, { rotate_size: 2_000, keep: 3 });
    for (let i = 0; i < 30; i++) await outcomesOf(forwarder, plainBatch(3, 1 + i * 3));
    const names = readdirSync(folder.path).sort(
      (a, b) => Number(a.split('.')[2] ?? Infinity) - Number(b.split('.')[2] ?? Infinity),
    );
    expect(names).toHaveLength(4);
    const kept = names.flatMap((name) => numbers(join(folder.path, name)));
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 90 - kept.length + 1 + i));
    for (const name of names) expect(statSync(join(folder.path, name)).size).toBeLessThanOrEqual(2_000);
  });

  test('cuts off half a line that a kill has left, and nothing else', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'events.ndjson');
    writeFileSync(path, `{"message":"event 1"}\n{"message":"event 2"}\n{"mess${'x'.repeat(200_000)}`);
    await using forwarder = await open(path);
    await outcomesOf(forwarder, plainBatch(1, 3));
    expect(numbers(path)).toEqual([1, 2, 3]);
  });

  test('goes on in a new file when another program moves or removes it', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'events.ndjson');
    await using forwarder = await open(path);
    await outcomesOf(forwarder, plainBatch(1, 1));
    renameSync(path, `${path}.moved`);
    await outcomesOf(forwarder, plainBatch(1, 2));
    rmSync(path);
    await outcomesOf(forwarder, plainBatch(1, 3));
    expect([numbers(`${path}.moved`), numbers(path)]).toEqual([[1], [3]]);
  });

  test('another program may truncate it or write to it: nothing is overwritten, and no hole stays', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'events.ndjson');
    await using forwarder = await open(path);
    await outcomesOf(forwarder, plainBatch(2, 1));
    truncateSync(path, 0);
    await outcomesOf(forwarder, plainBatch(1, 3));
    appendFileSync(path, '{"message":"event 77"}\n');
    await outcomesOf(forwarder, plainBatch(1, 4));
    expect(numbers(path)).toEqual([3, 77, 4]);
    expect(readFileSync(path).includes(0)).toBe(false);
  });

  test('a folder in its place pauses the lane, and it goes on when that is gone', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'events.ndjson');
    mkdirSync(path);
    await using forwarder = await open(path);
    expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({
      kind: 'paused',
      reason: expect.stringContaining('EISDIR'),
    });
    rmSync(path, { recursive: true });
    expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({ kind: 'delivered', proof: 'confirmed' });
  });

  testWithSmallDisk()('on a full disk half a batch never stays', async () => {
    using disk = smallDisk('256k');
    const path = join(disk.path, 'events.ndjson');
    await using forwarder = await open(path);
    let full = 0;
    for (let i = 0; full < 3; i++) {
      const [outcome] = await outcomesOf(forwarder, plainBatch(100, 1 + i * 100));
      if (outcome!.kind === 'retry') full++;
      expect(numbers(path).length % 100).toBe(0);
    }
    expect(readFileSync(path).at(-1)).toBe(0x0a);
  });
});
