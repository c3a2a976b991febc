import { expect, test } from '@jest/globals';
import { demo, demoRecord } from '../../../agent/sources/demo.ts';
import { loadPack } from '../../../mappings/pack.ts';
import { mapped } from '../../support/mapped.ts';
import { demoEvents } from '../../../agent/sources/demo-events.ts';
import type { Source } from '../../../agent/sources/source.ts';
import { describeSource, readAll, recordsOf } from '../../support/describe-source.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { sourceParts } from '../../support/source-parts.ts';

const open = (clock: FakeClock, once: boolean, events?: number): Promise<Source> =>
  demo.open({ rate: 100_000, seed: 1, ...(events !== undefined && { events }) }, sourceParts({ clock, once }));

describeSource('demo', { open: () => open(new FakeClock(), true, 1700), repeatable: true });

test('the first events go through every kind of the catalogue, each mapped to its own', async () => {
  const pack = await loadPack('keepit');
  const records = recordsOf(await readAll(await open(new FakeClock(), true), null));
  const codes = records.map((record) => mapped(pack, record).head.code);
  expect(codes).toEqual(demoEvents.map(({ code }) => code));
  expect(codes.toSorted()).toEqual([...pack.rows.keys()].toSorted());
});

test('the same seed gives the same events, another seed others', () => {
  const some = (seed: number): unknown[] => Array.from({ length: 200 }, (_, n) => demoRecord(seed, n, 'now').fields);
  expect(some(1)).toEqual(some(1));
  expect(some(1)).not.toEqual(some(2));
});

test('later events succeed, fail and are denied', () => {
  const later = Array.from({ length: 2000 }, (_, n) => demoRecord(1, 100 + n, 'now').fields ?? {});
  const failed = later.filter((fields) => fields['succeeded'] === 'false');
  expect(failed.length).toBeGreaterThan(50);
  expect(failed.length).toBeLessThan(1000);
  expect(later.some((fields) => fields['allowed'] === 'false')).toBe(true);
});

test('events come at the rate that is asked for, by the clock', async () => {
  const clock = new FakeClock();
  const source = await demo.open({ rate: 4, seed: 1 }, sourceParts({ clock, once: false }));
  const stop = new AbortController();
  let count = 0;
  const reading = (async () => {
    for await (const page of source.read({ events: 10 }, stop.signal)) count += page.records.length;
  })();
  await clock.advance(0);
  await clock.advance(2_000);
  expect(count).toBe(8);
  stop.abort();
  await reading;
});
