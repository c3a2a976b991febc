import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keepit } from '../../../../agent/sources/keepit/keepit.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { describeSource, readAll } from '../../../support/describe-source.ts';
import { PlatformSimulator, type Fault, type SimulatedRecord } from '../../../support/platform-simulator.ts';
import { sourceParts } from '../../../support/source-parts.ts';
import { ACCOUNT, keepitOptions, Poller } from './polling.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const record = (change: Partial<SimulatedRecord> = {}): SimulatedRecord => {
  const time = change.time ?? START + MINUTE;
  return {
    account: ACCOUNT, appears: time, token: 'jane@example.com', message: 'User signed in', area: 'User events',
    metadata: [], ...change, time,
  }; // prettier-ignore
};

const suite = new FakeClock(START + DAY);
const platformOfSuite = PlatformSimulator.start({ now: () => suite.now() });
afterAll(async () => (await platformOfSuite)[Symbol.asyncDispose]());
describeSource('keepit', {
  open: async (learned) => {
    const platform = await platformOfSuite;
    if (platform.records.length === 0) {
      for (let i = 0; i < 1_700; i++)
        platform.records.push(record({ time: START + i * 20_000, message: `event ${i}` }));
    }
    return await keepit.open(keepitOptions(platform), sourceParts({ clock: suite, learned: async () => learned }));
  },
  repeatable: true,
});

describe('the keepit source', () => {
  test('reads pages to the one that names no next offset, however short they are', async () => {
    const clock = new FakeClock(START + 30 * MINUTE);
    await using platform = await PlatformSimulator.start({ now: () => clock.now() });
    for (let i = 0; i < 100; i++) platform.records.push(record({ message: `event ${i}` }));
    const poller = new Poller({ clock });
    await poller.poll(keepitOptions(platform, { page_size: 10 }));
    expect(poller.stored).toHaveLength(100);
  });

  test('keeps equal records of one moment apart, and reads them again without adding any', async () => {
    const clock = new FakeClock(START + 5 * MINUTE);
    await using platform = await PlatformSimulator.start({ now: () => clock.now() });
    for (let i = 0; i < 5; i++) platform.records.push(record());
    const poller = new Poller({ clock });
    for (let i = 0; i < 20; i++) {
      await poller.poll(keepitOptions(platform));
      await clock.advance(MINUTE);
    }
    expect(poller.stored).toHaveLength(5);
    expect(new Set(poller.stored.map(({ nativeId }) => nativeId)).size).toBe(5);
  });

  test('looks for nothing younger than the lag', async () => {
    const clock = new FakeClock(START + 5 * MINUTE);
    await using platform = await PlatformSimulator.start({ now: () => clock.now() });
    platform.records.push(record({ time: START + 5 * MINUTE - 30_000 }));
    const poller = new Poller({ clock });
    await poller.poll(keepitOptions(platform));
    expect(poller.stored).toHaveLength(0);
    await clock.advance(MINUTE);
    await poller.poll(keepitOptions(platform));
    expect(poller.stored).toHaveLength(1);
  });

  test.each([50 * MINUTE, 20 * 60 * MINUTE, 6 * DAY])('finds a record that appears %d ms late', async (lateMs) => {
    const clock = new FakeClock(START + 5 * MINUTE);
    await using platform = await PlatformSimulator.start({ now: () => clock.now() });
    platform.records.push(record({ appears: START + MINUTE + lateMs }));
    const poller = new Poller({ clock });
    for (let i = 0; i < 10; i++) {
      await poller.poll(keepitOptions(platform));
      await clock.advance(DAY);
    }
    expect(poller.stored).toHaveLength(1);
  });

  test.each<Fault>([
    { kind: 'html' }, { kind: 'cut' }, { kind: 'reset' }, { kind: 'wrong-root' }, { kind: 'doctype' },
    { kind: 'stuck-offset' }, { kind: 'odd-offset' }, { kind: 'status', status: 503 }, { kind: 'status', status: 401 },
  ])('moves no position on a bad answer, and says nothing of whose it is: %j', async (fault) => {
    const clock = new FakeClock(START + 5 * MINUTE);
    await using platform = await PlatformSimulator.start({ now: () => clock.now() });
    for (let i = 0; i < 20; i++) platform.records.push(record({ message: `event ${i}` }));
    platform.fault = () => fault;
    const poller = new Poller({ clock });
    const failure = await poller.poll(keepitOptions(platform)).then(() => null, (error: unknown) => error as Error);
    expect(failure).not.toBeNull();
    expect(failure!.message).not.toMatch(/jane|tenant|event \d/);
    platform.fault = () => null;
    await poller.poll(keepitOptions(platform));
    expect(poller.stored).toHaveLength(20);
  }); // prettier-ignore

  test('a refusal raises an alarm once and asks for a long wait; 429 asks for what the platform says', async () => {
    const clock = new FakeClock(START + 5 * MINUTE);
    await using platform = await PlatformSimulator.start({ now: () => clock.now() });
    const alarms: number[] = [];
    const parts = sourceParts({ clock, emit: (code) => alarms.push(code) });
    const source = await keepit.open(keepitOptions(platform), parts);
    const read = async (): Promise<unknown> => {
      try {
        await readAll(source, null);
        return null;
      } catch (error) {
        return error;
      }
    };
    platform.fault = () => ({ kind: 'status', status: 403 });
    expect(await read()).toMatchObject({ name: 'SourceUnavailable', afterMs: 15 * MINUTE });
    await read();
    expect(alarms).toEqual([8012]);
    platform.fault = () => ({ kind: 'status', status: 429, retryAfter: '7' });
    expect(await read()).toMatchObject({ name: 'SourceUnavailable', afterMs: 7_000 });
  });
});

const chance = fc.double({ min: 0, max: 1, noNaN: true });

test('whatever the platform does, what is stored is what it recorded, once each', async () => {
  const scenario = fc.record({
    seed: fc.integer(),
    order: fc.constantFrom('newest' as const, 'oldest' as const),
    inclusive: fc.boolean(),
    shortPages: fc.boolean(),
    clockOffsetMs: fc.constantFrom(0, -3_600_000, 3_600_000),
    pageSize: fc.integer({ min: 3, max: 60 }),
    faults: chance.map((c) => c / 3),
    kills: chance.map((c) => c / 2),
    everyMs: fc.constantFrom(MINUTE, 7 * MINUTE, 45 * MINUTE),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const clock = new FakeClock(START + 2 * MINUTE, given.seed);
      await using platform = await PlatformSimulator.start({ ...given, now: () => clock.now() });
      recordDay(platform, clock);
      const kinds: Fault['kind'][] = ['html', 'cut', 'reset', 'wrong-root', 'doctype', 'stuck-offset', 'odd-offset'];
      platform.fault = () => (clock.random() < given.faults ? ({ kind: pick(kinds, clock) } as Fault) : null);
      const poller = new Poller({ clock });
      const options = keepitOptions(platform, { page_size: given.pageSize });
      const poll = async (): Promise<void> => {
        const killAfter = clock.random() < given.kills ? Math.floor(clock.random() * 4) : Infinity;
        await poller.poll(options, killAfter).catch(() => undefined);
      };
      for (let at = 0; at < 3 * 60 * MINUTE; at += given.everyMs) {
        await poll();
        await clock.advance(given.everyMs);
      }
      platform.fault = () => null;
      for (let day = 0; day < 10; day++) {
        await clock.advance(DAY);
        await poller.poll(options);
      }
      expect(marksOf(poller)).toEqual(platform.records.map(({ message }) => message).sort());
      expect(new Set(poller.stored.map(({ nativeId }) => nativeId)).size).toBe(poller.stored.length);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 5), timeout: 30_000 },
  );
}, 300_000);

/** Three hours of records in bursts, some of them equal, some late, some very late. */
function recordDay(platform: PlatformSimulator, clock: FakeClock): void {
  for (let i = 0; i < 120; i++) {
    const time = START + Math.floor(clock.random() * 10_800) * 1_000;
    const late = clock.random();
    const lateMs = late < 0.7 ? 0 : late < 0.9 ? clock.random() * 30 * MINUTE : clock.random() * 6 * DAY;
    const copies = clock.random() < 0.1 ? 3 : 1;
    for (let n = 0; n < copies; n++)
      platform.records.push(record({ time, appears: time + lateMs, message: `event ${i}` }));
  }
}

const pick = <T>(from: readonly T[], clock: FakeClock): T => from[Math.floor(clock.random() * from.length)]!;

const marksOf = (poller: Poller): string[] => poller.stored.map(({ fields }) => String(fields!['message'])).sort();
