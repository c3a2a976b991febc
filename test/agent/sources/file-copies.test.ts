import { expect, test } from '@jest/globals';
import { appendFile, copyFile, readFile, rename, stat, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LINGER_MS } from '../../../agent/sources/file-set.ts';
import { Follower, fileOptions, temporaryFolder } from './follower.ts';

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `{"mark":${from + i},"text":"${'x'.repeat((from + i) % 50)}"}`);
const text = (from: number, to: number): string => lines(from, to).map((line) => `${line}\n`).join(''); // prettier-ignore

/** A log of 100 lines, all of them read and stored. */
async function followed(): Promise<{ log: string; follower: Follower } & AsyncDisposable> {
  const folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, text(0, 100));
  const follower = new Follower(fileOptions([log]));
  await follower.start();
  await follower.settle();
  return {
    log,
    follower,
    [Symbol.asyncDispose]: async () => {
      await follower.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Until what is gone is known to be gone. */
async function linger(follower: Follower): Promise<void> {
  await follower.settle();
  await follower.clock.advance(LINGER_MS);
  await follower.settle();
}

test('lines that were read between copying and truncating are not read again, and none is from the copy', async () => {
  await using parts = await followed();
  const { log, follower } = parts;
  await copyFile(log, `${log}.1`);
  await appendFile(log, text(100, 120));
  await follower.settle();
  await truncate(log);
  await follower.settle();
  await appendFile(log, text(120, 130));
  await linger(follower);
  await writeFile(`${log}.1.gz`, gzipSync(await readFile(`${log}.1`)));
  await unlink(`${log}.1`);
  await linger(follower);
  await follower.stop();
  await follower.once();
  expect(follower.texts).toEqual(lines(0, 130));
  expect(follower.gaps).toEqual([
    expect.objectContaining({ why: expect.stringMatching(/taken for a copy made earlier/) }),
  ]);
});

test('lines that nobody read between copying and truncating are a gap', async () => {
  await using parts = await followed();
  const { log, follower } = parts;
  await follower.stop();
  await appendFile(log, text(100, 110));
  await copyFile(log, `${log}.1`);
  await appendFile(log, text(110, 120));
  await truncate(log);
  await appendFile(log, text(120, 130));
  await follower.once();
  expect(follower.texts.sort()).toEqual([...lines(0, 110), ...lines(120, 130)].sort());
  expect(follower.gaps).toEqual([expect.objectContaining({ why: expect.stringMatching(/copying and truncating/) })]);
});

test('a copy that was found before what it was made of gives way to it', async () => {
  await using parts = await followed();
  const { log, follower } = parts;
  const original = `${log}.2`;
  await writeFile(`${log}.1`, text(200, 210));
  await follower.settle();
  await writeFile(original, text(200, 220));
  await linger(follower);
  expect(follower.texts).toEqual([...lines(0, 100), ...lines(200, 220)]);
});

test('of new files that are copies of each other the fullest is read', async () => {
  await using parts = await followed();
  const { log, follower } = parts;
  await follower.stop();
  await writeFile(`${log}.3`, text(200, 210));
  await writeFile(`${log}.1`, text(200, 230));
  await writeFile(`${log}.2`, text(200, 220));
  await utimes(`${log}.3`, 1, 1);
  await follower.once();
  expect(follower.texts).toEqual([...lines(0, 100), ...lines(200, 230)]);
});

test('a compressed file that was given the inode of the file that it was made from is known again', async () => {
  await using parts = await followed();
  const { log, follower } = parts;
  await follower.stop();
  const { ino } = await stat(log);
  // Written in place, as if the file system had given the inode out again.
  await writeFile(log, gzipSync(text(0, 110)));
  await rename(log, `${log}.1.gz`);
  expect((await stat(`${log}.1.gz`)).ino).toBe(ino);
  await follower.once();
  expect(follower.texts).toEqual(lines(0, 110));
  expect(follower.gaps).toEqual([]);
});

test('half a line that was read and is truncated away is a gap', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, '{"mark":0');
  const follower = new Follower(fileOptions([log]));
  await follower.start();
  await follower.settle();
  await truncate(log);
  await linger(follower);
  await follower.stop();
  expect(follower.gaps).toEqual([expect.objectContaining({ what: `${log}, from byte 0` })]);
});

test('a damaged compressed file is a gap, once, whatever else is known', async () => {
  await using parts = await followed();
  const { log, follower } = parts;
  await writeFile(`${log}.1.gz`, gzipSync(text(100, 9000)).fill(0x55, 20, 400));
  await linger(follower);
  await linger(follower);
  expect(follower.texts).toEqual(lines(0, 100));
  expect(follower.gaps).toEqual([expect.objectContaining({ what: `${log}.1.gz, from byte 0 of its content` })]);
});

test('a compressed file that is still written is read once it is whole', async () => {
  await using parts = await followed();
  const { log, follower } = parts;
  const packed = gzipSync(text(100, 200));
  await writeFile(`${log}.1.gz`, packed.subarray(0, 15));
  await follower.settle();
  await writeFile(`${log}.1.gz`, packed);
  await linger(follower);
  expect(follower.texts).toEqual(lines(0, 200));
  expect(follower.gaps).toEqual([]);
});

test('files that begin alike for longer than a fingerprint are all read by one run', async () => {
  await using folder = await temporaryFolder();
  const preamble = `{"preamble":"${'p'.repeat(3000)}"}\n`;
  for (let i = 0; i < 5; i++) await writeFile(join(folder.path, `${i}x.ndjson`), preamble + text(10 * i, 10 * i + 10));
  const follower = new Follower(fileOptions([join(folder.path, '*.ndjson')]));
  await follower.once();
  expect(follower.texts.filter((line) => line.includes('mark')).sort()).toEqual(lines(0, 50).sort());
  expect(follower.texts).toHaveLength(55);
});
