import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  forgettable,
  halved,
  nextScan,
  positionAt,
  widened,
  type Position,
} from '../../../../agent/sources/keepit/plan.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const AGES = { '5m': 5 * MINUTE, '1h': 60 * MINUTE, '24h': DAY, '7d': 7 * DAY };

test('new windows join, each beginning an overlap before the last one ended, and none is longer than a day', () => {
  let position = positionAt(START, 10 * MINUTE);
  let scans = 0;
  for (
    let scan = nextScan(position, START + 20 * DAY);
    scan?.kind === 'new';
    scan = nextScan(position, START + 20 * DAY)
  ) {
    expect(scan.from).toBe(position.upTo - 10 * MINUTE);
    expect(scan.to - position.upTo).toBeLessThanOrEqual(DAY);
    position = scan.then;
    scans++;
  }
  expect(position.upTo).toBe(START + 20 * DAY);
  expect(scans).toBeLessThan(30);
});

test('every moment is scanned again at each age, or was that old when it was first scanned', () => {
  const polls = fc.array(fc.integer({ min: 1, max: 3 * DAY }), { minLength: 5, maxLength: 40 });
  fc.assert(
    fc.property(polls, (waits) => {
      let position = positionAt(START, 10 * MINUTE);
      let now = START;
      const seenAt: { from: number; to: number; at: number }[] = [];
      for (const wait of [...waits, 3 * DAY, 3 * DAY, 3 * DAY, 3 * DAY]) {
        now += wait;
        for (let scan = nextScan(position, now); scan; scan = nextScan(position, now)) {
          seenAt.push({ from: scan.from, to: scan.to, at: now });
          position = scan.then;
        }
      }
      for (const [name, age] of Object.entries(AGES)) {
        const moment = position.again[name]! - 1_000;
        const seen = seenAt.some(({ from, to, at }) => from <= moment && moment <= to && at - moment >= age);
        expect(seen || moment < START).toBe(true);
        expect(now - position.again[name]!).toBeLessThan(age + 2 * DAY);
      }
    }),
    { numRuns: 200 },
  );
});

test('a window that is too large is halved down to a second', () => {
  let position: Position | null = positionAt(START, 0);
  let halvings = 0;
  for (; position; halvings++) position = halved(position, nextScan(position, START + DAY)!);
  expect(halvings).toBe(12);
});

test('late records widen the overlap up to an hour, and nothing narrows it', () => {
  const position = positionAt(START, 10 * MINUTE);
  expect(widened(position, 20 * MINUTE).overlap).toBe(30 * MINUTE);
  expect(widened(position, 7 * DAY).overlap).toBe(60 * MINUTE);
  expect(widened(position, MINUTE).overlap).toBe(10 * MINUTE);
});

test('nothing is forgotten that a later scan still looks at', () => {
  let position = positionAt(START, 10 * MINUTE);
  for (let now = START; now < START + 9 * DAY; now += 3 * 60 * MINUTE) {
    for (let scan = nextScan(position, now); scan; scan = nextScan(position, now)) {
      expect(scan.from).toBeGreaterThan(forgettable(position));
      position = scan.then;
    }
  }
});
