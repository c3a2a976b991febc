import { expect, test } from '@jest/globals';
import type { FoundFile } from '../../../agent/sources/file-discovery.ts';
import { FileMemory } from '../../../agent/sources/file-memory.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const seen = (changedAt: number, more: Partial<FoundFile> = {}): FoundFile => ({
  path: '/log/a', pattern: null, base: '/log/a', dev: 1, ino: 2, size: 3, mtimeMs: 4, ctimeMs: changedAt, gzip: false,
  ...more,
}); // prettier-ignore

test('a file is remembered until its size or a time stamp changes', () => {
  const clock = new FakeClock();
  const memory = new FileMemory<string>(clock);
  const old = clock.now() - 10_000;
  memory.add('a', seen(old));
  expect(memory.has('a', seen(old))).toBe(true);
  expect(memory.has('b', seen(old))).toBe(false);
  for (const changed of [{ size: 4 }, { mtimeMs: 5 }, { ctimeMs: old + 1 }]) {
    expect(memory.has('a', seen(old, changed))).toBe(false);
  }
});

test('a file that changed a moment ago is not remembered: the next change may leave its time stamps as they are', async () => {
  const clock = new FakeClock();
  const memory = new FileMemory<string>(clock);
  const now = clock.now();
  memory.add('a', seen(now));
  expect(memory.has('a', seen(now))).toBe(false);
  await clock.advance(5_000);
  memory.add('a', seen(now));
  expect(memory.has('a', seen(now))).toBe(true);
});
