import { afterAll, describe, expect, test } from '@jest/globals';
import { appendFile, mkdir, rmdir, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { file } from '../../../agent/sources/file.ts';
import { describeSource } from '../../support/describe-source.ts';
import { eventually, FakeClock } from '../../support/fake-clock.ts';
import { Follower, fileOptions, temporaryFolder } from './follower.ts';
import { sourceParts } from '../../support/source-parts.ts';

const folder = await temporaryFolder();
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});
const path = join(folder.path, 'many.ndjson');
await writeFile(path, Array.from({ length: 1700 }, (_, i) => `{"n":${i}}\n`).join(''));

describeSource('file', {
  open: () => file.open(fileOptions([path]), sourceParts({ clock: new FakeClock() })),
  repeatable: true,
});

test('half a line waits until it is finished, also across a stop', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, '{"n":1}\n{"n":');
  const follower = new Follower(fileOptions([log]));
  await follower.start();
  await follower.settle();
  await follower.clock.advance(600_000);
  expect(follower.texts).toEqual(['{"n":1}']);
  await follower.stop();
  await appendFile(log, '2}\r\n');
  await follower.start();
  await follower.settle();
  await follower.stop();
  expect(follower.texts).toEqual(['{"n":1}', '{"n":2}']);
});

test('the file system wakes it: nothing has to be polled', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.ndjson');
  await writeFile(log, '{"n":1}\n');
  const follower = new Follower(fileOptions([log], { poll_ms: 60_000 }));
  await follower.start();
  await eventually(() => follower.texts.length === 1, 'the first line is read');
  await follower.waiting();
  await appendFile(log, '{"n":2}\n');
  await eventually(() => follower.texts.length === 2, 'the second line is read');
  await follower.stop();
});

test('a file that does not exist yet is waited for, and that is said once', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'later.ndjson');
  const follower = new Follower(fileOptions([log]));
  await follower.start();
  await follower.settle();
  await follower.settle();
  await writeFile(log, '{"n":1}\n');
  await follower.settle();
  await follower.stop();
  expect(follower.texts).toEqual(['{"n":1}']);
  expect(follower.log.said.map(({ message }) => message)).toEqual(['no file matches yet']);
});

describe('a path that cannot be read', () => {
  test.each([
    ['a folder', 'ENOTFILE', (bad: string) => mkdir(bad), rmdir],
    ['a link to itself', 'ELOOP', (bad: string) => symlink(bad, bad), unlink],
  ] as const)('%s: is said once, the others go on, and it is read when it can be', async (_name, code, spoil, mend) => {
    await using folder = await temporaryFolder();
    const bad = join(folder.path, 'bad.ndjson');
    const good = join(folder.path, 'good.ndjson');
    await spoil(bad);
    await writeFile(good, '{"good":1}\n');
    const follower = new Follower(fileOptions([bad, good]));
    await follower.start();
    await follower.settle();
    await follower.settle();
    expect(follower.texts).toEqual(['{"good":1}']);
    expect(follower.log.said.map(({ fields }) => fields['code'])).toEqual([code]);
    expect(follower.log.said[0]?.fields['advice']).toMatch(/^(name files|the symbolic link)/);
    await mend(bad);
    await writeFile(bad, '{"bad":1}\n');
    await follower.settle();
    await follower.stop();
    expect(follower.texts).toEqual(['{"good":1}', '{"bad":1}']);
  });
});

test('CSV goes on behind its header after a stop', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'page.csv');
  await writeFile(log, '\ufeffUser,Event\r\njane@example.com,"signed\r\nin"\r\n');
  const follower = new Follower(fileOptions([log], { format: 'csv' }));
  await follower.once();
  await appendFile(log, 'omar@example.com,signed out\r\n');
  await follower.once();
  expect(follower.stored.map(({ fields }) => fields)).toEqual([
    { User: 'jane@example.com', Event: 'signed\r\nin' },
    { User: 'omar@example.com', Event: 'signed out' },
  ]);
});

test('read_from: end begins behind what is there, and reads files that come later whole', async () => {
  await using folder = await temporaryFolder();
  const old = join(folder.path, 'old.ndjson');
  await writeFile(old, '{"n":1}\n{"n":2}\n{"n":');
  const follower = new Follower(fileOptions([join(folder.path, '*.ndjson')], { read_from: 'end' }));
  await follower.once();
  await appendFile(old, '3}\n');
  await writeFile(join(folder.path, 'new.ndjson'), '{"n":4}\n');
  await follower.once();
  expect(follower.texts.sort()).toEqual(['{"n":3}', '{"n":4}']);
  expect(follower.gaps).toEqual([]);
});

test('files that are excluded are not read', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'a.ndjson'), '{"n":1}\n');
  await writeFile(join(folder.path, 'b.ndjson'), '{"n":2}\n');
  const exclude = [join(folder.path, 'b*')];
  const follower = new Follower(fileOptions([join(folder.path, '*.ndjson')], { exclude }));
  await follower.once();
  expect(follower.texts).toEqual(['{"n":1}']);
});

test('a busy file does not keep another waiting', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'a.ndjson'), '{"busy":1}\n'.repeat(5000));
  await writeFile(join(folder.path, 'b.ndjson'), '{"quiet":1}\n');
  const follower = new Follower(fileOptions([join(folder.path, '*.ndjson')]));
  await follower.once();
  expect(follower.texts.indexOf('{"quiet":1}')).toBe(500);
});
