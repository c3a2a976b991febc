import { describe, expect, test } from '@jest/globals';
import { appendFile, copyFile, readFile, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LINGER_MS } from '../../../agent/sources/file-set.ts';
import { file } from '../../../agent/sources/file.ts';
import type { Clock } from '../../../forwarders/clock.ts';
import { settled } from '../../support/fake-clock.ts';
import { sourceParts } from '../../support/source-parts.ts';
import { Follower, fileOptions, temporaryFolder } from './follower.ts';

/** Rotations of `log`, of which `log.1` is the newest rotated file; each leaves an empty or absent `log`. */
const rotations: Readonly<Record<string, (log: string) => Promise<void>>> = {
  rename: async (log) => {
    await rename(log, `${log}.1`);
    await writeFile(log, '');
  },
  'rename to a dated name': async (log) => {
    await rename(log, `${log}-20260101`);
  },
  copytruncate: async (log) => {
    await copyFile(log, `${log}.1`);
    await truncate(log);
  },
  'rename and compression': async (log) => {
    await writeFile(`${log}.1.gz`, gzipSync(await readFile(log)));
    await unlink(log);
    await writeFile(log, '');
  },
  'copy and move over itself': async (log) => {
    await copyFile(log, `${log}.new`);
    await rename(`${log}.new`, log);
  },
};

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `{"mark":${from + i},"text":"${'x'.repeat((from + i) % 50)}"}`);
const text = (from: number, to: number): string => lines(from, to).map((line) => `${line}\n`).join(''); // prettier-ignore

function expectEachOnce(follower: Follower, count: number): void {
  const expected = lines(0, count);
  const { texts } = follower;
  expect({
    missing: expected.filter((line) => !texts.includes(line)),
    doubled: texts.filter((line, i) => texts.indexOf(line) !== i),
    unexpected: texts.filter((line) => !expected.includes(line)),
  }).toEqual({ missing: [], doubled: [], unexpected: [] });
  expect(new Set(follower.stored.map(({ nativeId }) => nativeId)).size).toBe(count);
}

describe.each(Object.entries(rotations))('%s', (_name, rotate) => {
  test('while it is followed: every line once', async () => {
    await using folder = await temporaryFolder();
    const log = join(folder.path, 'audit.ndjson');
    await writeFile(log, text(0, 100));
    const follower = new Follower(fileOptions([log]));
    await follower.start();
    await follower.settle();
    await appendFile(log, text(100, 150));
    await rotate(log);
    await appendFile(log, text(150, 200));
    await follower.settle();
    await follower.clock.advance(LINGER_MS);
    await follower.settle();
    await appendFile(log, text(200, 210));
    await follower.settle();
    await follower.stop();
    expectEachOnce(follower, 210);
  });

  test('while it is not followed: every line once', async () => {
    await using folder = await temporaryFolder();
    const log = join(folder.path, 'audit.ndjson');
    await writeFile(log, text(0, 700));
    const follower = new Follower(fileOptions([log]));
    await follower.once();
    await appendFile(log, text(700, 1500));
    await rotate(log);
    await appendFile(log, text(1500, 1520));
    await follower.once();
    await follower.once();
    expectEachOnce(follower, 1520);
  });

  test('three times while it is not followed, the older ones compressed: every line once', async () => {
    await using folder = await temporaryFolder();
    const log = join(folder.path, 'audit.ndjson');
    await writeFile(log, text(0, 60));
    const follower = new Follower(fileOptions([log]));
    await follower.once();
    await appendFile(log, text(60, 70));
    await rename(log, `${log}.2`);
    await writeFile(`${log}.3.gz`, gzipSync(await readFile(`${log}.2`)));
    await unlink(`${log}.2`);
    await writeFile(`${log}.2`, text(70, 200));
    await writeFile(log, text(200, 220));
    await rotate(log);
    await appendFile(log, text(220, 230));
    await follower.once();
    await follower.once();
    expectEachOnce(follower, 230);
    expect(follower.gaps).toEqual([]);
  });
});

test('a file deleted and created again on the same inode, longer and beginning alike, is read from its start', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  const preamble = `{"preamble":"${'p'.repeat(3000)}"}\n`;
  await writeFile(log, preamble + text(0, 50));
  const follower = new Follower(fileOptions([log]));
  await follower.once();
  // Truncating in place keeps the inode, as a file system that gives it out again does.
  await writeFile(log, preamble + text(50, 300));
  await follower.once();
  const marks = follower.texts.filter((line) => line.includes('mark'));
  expect(marks.sort()).toEqual(lines(0, 300).sort());
  expect(new Set(follower.stored.map(({ nativeId }) => nativeId)).size).toBe(302);
  expect(follower.gaps).toHaveLength(1);
  expect(follower.gaps[0]?.why).toMatch(/truncated or replaced/);
});

test('a deleted file that is held open is read to its end', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, text(0, 10));
  const follower = new Follower(fileOptions([log]));
  await follower.start();
  await follower.settle();
  await appendFile(log, `${text(10, 20)}{"mark":20`);
  await unlink(log);
  await follower.settle();
  await follower.clock.advance(LINGER_MS);
  await follower.settle();
  await follower.stop();
  expect(follower.texts).toEqual([...lines(0, 20), '{"mark":20']);
  expect(follower.gaps).toEqual([]);
});

test.each([2, 3, 4, 5, 6, 7, 8, 9])(
  'a deleted file is read to its end, half a line too, when each step of a look takes 1/%i of the wait',
  async (part) => {
    await using folder = await temporaryFolder();
    const log = join(folder.path, 'audit.ndjson');
    await writeFile(log, text(0, 10));
    const { clock: still, log: listening } = new Follower(fileOptions([log]));
    let elapsed = 0;
    let waits = 0;
    const stop = new AbortController();
    const clock: Clock = {
      now: () => still.now() + elapsed,
      random: () => still.random(),
      // Later with each look at it: any two steps may lie on two sides of the moment that ends the waiting.
      monotonic: () => (elapsed += LINGER_MS / part),
      sleep: async () => {
        await settled();
        if (++waits > 30) stop.abort();
      },
    };
    const source = await file.open(fileOptions([log]), sourceParts({ clock, log: listening, once: false }));
    const texts: string[] = [];
    for await (const { records } of source.read(null, stop.signal)) {
      if (texts.length === 0) {
        await appendFile(log, '{"mark":10');
        await unlink(log);
      }
      texts.push(...records.map(({ bytes }) => Buffer.from(bytes).toString()));
    }
    expect(texts).toEqual([...lines(0, 10), '{"mark":10']);
  },
);

test('a file that was deleted while it was not followed becomes a gap, once', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, text(0, 10));
  const follower = new Follower(fileOptions([log]));
  await follower.once();
  await unlink(log);
  await follower.once();
  await follower.once();
  expect(follower.gaps).toEqual([
    expect.objectContaining({ what: `${log}, from byte ${Buffer.byteLength(text(0, 10))}`, amount: null }),
  ]);
});

test('copying and truncating leaves a possible gap behind', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, text(0, 10));
  const follower = new Follower(fileOptions([log]));
  await follower.once();
  await rotations['copytruncate']!(log);
  await appendFile(log, text(10, 12));
  await follower.once();
  expectEachOnce(follower, 12);
  expect(follower.gaps).toEqual([expect.objectContaining({ amount: null, why: expect.stringMatching(/truncating/) })]);
});

test('rotated files that were there before the first start are not read', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(`${log}.1`, text(100, 200));
  await writeFile(`${log}.2.gz`, gzipSync(text(200, 300)));
  await writeFile(log, text(0, 10));
  const follower = new Follower(fileOptions([log]));
  await follower.once();
  await rename(`${log}.1`, `${log}.3`);
  await rename(log, `${log}.1`);
  await writeFile(log, text(10, 15));
  await follower.once();
  expectEachOnce(follower, 15);
});

test('two files that begin with the same line have ids of their own', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'a.ndjson'), `{"same":1}\n${text(0, 5)}`);
  await writeFile(join(folder.path, 'b.ndjson'), `{"same":1}\n${text(5, 9)}`);
  const follower = new Follower(fileOptions([join(folder.path, '*.ndjson')]));
  await follower.once();
  expect(follower.stored).toHaveLength(11);
  expect(new Set(follower.stored.map(({ nativeId }) => nativeId)).size).toBe(11);
});

test('a compressed file that unpacks without end is given up, with a gap', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'bomb.ndjson.gz');
  await writeFile(log, gzipSync(Buffer.alloc(80 * 1024 * 1024, '{}\n'.padEnd(1024, ' '))));
  const follower = new Follower(fileOptions([log]));
  await follower.once();
  await follower.once();
  expect(follower.gaps).toHaveLength(1);
  expect(follower.gaps[0]?.why).toMatch(/unpacks to more than 100 times/);
});
