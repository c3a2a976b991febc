import { expect, test } from '@jest/globals';
import { OwnEvents } from '../../../agent/sources/own.ts';
import type { Page } from '../../../agent/sources/source.ts';
import { FakeClock } from '../../support/fake-clock.ts';

async function pages(own: OwnEvents, from: Page['checkpoint'] = null): Promise<readonly Page[]> {
  const all: Page[] = [];
  for await (const page of own.read(from, new AbortController().signal)) all.push(page);
  return all;
}

test('what was emitted before the end is handed over, with ids that go on from the checkpoint', async () => {
  const own = new OwnEvents(new FakeClock(), () => 3);
  own.emit(8001, 'agent started', { version: '1.0.0' });
  own.emit(8002, 'agent stops', {});
  own.close();
  const [page] = await pages(own, { count: 40 });
  expect(page!.records.map(({ nativeId }) => nativeId)).toEqual(['3:41', '3:42']);
  expect(page!.checkpoint).toEqual({ count: 42 });
  expect(page!.records[0]!.fields).toEqual({
    code: 8001,
    time: '2026-01-01T00:00:00.000Z',
    message: 'agent started',
    details: { version: '1.0.0' },
  });
});

test('its memory is bounded, and what had to be dropped is said', async () => {
  const own = new OwnEvents(new FakeClock(), () => 1);
  for (let i = 0; i < 1_500; i++) own.emit(8020, `lane paused ${i}`, {});
  own.close();
  const records = (await pages(own)).flatMap((page) => page.records);
  expect(records).toHaveLength(1_000);
  expect(records.at(-1)!.fields!['details']).toEqual({ own_events_dropped: 500 });
});

test('reading ends when the signal aborts', async () => {
  const stop = new AbortController();
  const reading = new OwnEvents(new FakeClock(), () => 1).read(null, stop.signal);
  const next = reading.next();
  stop.abort();
  expect((await next).done).toBe(true);
});
