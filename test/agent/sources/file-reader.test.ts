import { expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { appendFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundFile } from '../../../agent/sources/file-discovery.ts';
import { FileNames } from '../../../agent/sources/file-identity.ts';
import { FileReader } from '../../../agent/sources/file-reader.ts';
import { PageRecords } from '../../../agent/sources/pages.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from './follower.ts';

async function found(path: string): Promise<FoundFile> {
  const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
  return { path, base: path, pattern: path, dev, ino, size, mtimeMs, ctimeMs, gzip: false };
}

const never = (): boolean => false;
const textsOf = (page: PageRecords): string[] => page.take().map(({ bytes }) => Buffer.from(bytes).toString());

test('of a file that another took the place of since it was found nothing is read', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, '{"n":1}\n');
  await using reader = new FileReader(await found(log), 'ndjson', new FakeClock());
  const page = new PageRecords();
  await writeFile(`${log}.new`, '{"other":1}\n');
  await rename(`${log}.new`, log);
  expect(await reader.turn(page, new FileNames([], 0), never)).toBe('absent');
  await unlink(log);
  expect(await reader.turn(page, new FileNames([], 0), never)).toBe('absent');
  expect(textsOf(page)).toEqual([]);
});

test('of a file that was written anew since it was compared nothing is read', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, '{"n":1}\n');
  await using reader = new FileReader(await found(log), 'ndjson', new FakeClock());
  const page = new PageRecords();
  expect(await reader.turn(page, new FileNames([], 0), never)).toBe('end');
  expect(textsOf(page)).toEqual(['{"n":1}']);
  await reader[Symbol.asyncDispose]();
  await writeFile(log, '{"n":2}\n{"n":3}\n');
  expect(await reader.turn(page, new FileNames([], 0), never)).toBe('changed');
  expect(textsOf(page)).toEqual([]);
});

test('of a file that is truncated and written again between two blocks of a turn only what was there before is read', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, '{"n":1}\n');
  await using reader = new FileReader(await found(log), 'ndjson', new FakeClock());
  const page = new PageRecords();
  let asked = 0;
  const rewrite = (): boolean => {
    // Asked before each block.
    if (++asked === 2) writeFileSync(log, '{"n":2}\n{"n":3}\n');
    return false;
  };
  expect(await reader.turn(page, new FileNames([], 0), rewrite)).toBe('changed');
  expect(textsOf(page)).toEqual(['{"n":1}']);
});

test('what is written while a file is found to be complete is read before it is complete', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, '{"n":1}\n{"n"');
  const clock = new FakeClock();
  await using reader = new FileReader(await found(log), 'ndjson', clock);
  const page = new PageRecords();
  const isStill = (): boolean => clock.monotonic() - reader.changedAt >= 1_000;
  expect(await reader.turn(page, new FileNames([], 0), isStill)).toBe('end');
  await clock.advance(1_000);
  await appendFile(log, ':2');
  expect(await reader.turn(page, new FileNames([], 0), isStill)).toBe('end');
  await clock.advance(1_000);
  expect(await reader.turn(page, new FileNames([], 0), isStill)).toBe('complete');
  expect(textsOf(page)).toEqual(['{"n":1}', '{"n":2']);
});

test('a moment that passes during a turn makes nothing complete', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, '{"n"');
  await using reader = new FileReader(await found(log), 'ndjson', new FakeClock());
  const page = new PageRecords();
  const answers = [false, false, true, true];
  const isComplete = (): boolean => answers.shift()!;
  const turns = [];
  while (answers.length > 0) turns.push([await reader.turn(page, new FileNames([], 0), isComplete), page.size]);
  // Complete comes only after the half line is on the page.
  expect(turns).toEqual([
    ['end', 0],
    ['complete', 1],
  ]);
});
