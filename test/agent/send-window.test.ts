import { expect, test } from '@jest/globals';
import { SendWindow } from '../../agent/send-window.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';

const backoff = { firstMs: 1_000, longestMs: 60_000 };
const signal = new AbortController().signal;

async function isOpen(window: SendWindow, order = 0): Promise<boolean> {
  const stop = new AbortController();
  let open = false;
  const waiting = window.take(order, stop.signal).then(
    (turn) => {
      open = true;
      turn.left();
    },
    () => undefined,
  );
  await settled();
  stop.abort();
  await waiting;
  return open;
}

test('as many calls as allowed are under way, and not one more', async () => {
  const window = new SendWindow(2, backoff, new FakeClock());
  const first = await window.take(1, signal);
  await window.take(2, signal);
  expect(await isOpen(window)).toBe(false);
  first.succeeded();
  expect(await isOpen(window)).toBe(true);
});

test('after a failure nobody starts until the wait is over, and then one call only', async () => {
  const clock = new FakeClock();
  const window = new SendWindow(4, backoff, clock);
  const waitMs = (await window.take(1, signal)).failed(5_000);
  expect(waitMs).toBe(5_000);
  expect(await isOpen(window)).toBe(false);
  await clock.advance(5_000);
  const probe = await window.take(1, signal);
  expect(await isOpen(window, 2)).toBe(false);
  probe.succeeded();
  expect(await isOpen(window, 2)).toBe(true);
});

test('each success after a failure opens the window by one call', async () => {
  const clock = new FakeClock();
  const window = new SendWindow(3, backoff, clock);
  (await window.take(1, signal)).failed(1_000);
  await clock.advance(1_000);
  (await window.take(1, signal)).succeeded();
  await window.take(2, signal);
  await window.take(3, signal);
  expect(await isOpen(window)).toBe(false);
});

test('calls that were under way when the destination failed count as one failure together', async () => {
  const clock = new FakeClock();
  const window = new SendWindow(4, backoff, clock);
  const turns = await Promise.all([1, 2, 3, 4].map((order) => window.take(order, signal)));
  for (const turn of turns) turn.failed(0);
  expect(window.failures).toBe(1);
});

test('the wait grows with the failures, never beyond the longest, and lies anywhere below its cap', async () => {
  const clock = new FakeClock();
  const window = new SendWindow(1, backoff, clock);
  const waits: number[] = [];
  for (let i = 0; i < 40; i++) {
    const turn = await window.take(1, signal);
    waits.push(turn.failed(0));
    await clock.advance(60_000);
  }
  waits.forEach((wait, i) => expect(wait).toBeLessThanOrEqual(Math.min(60_000, 1_000 * 2 ** i)));
  expect(Math.max(...waits)).toBeGreaterThan(45_000);
  expect(Math.min(...waits.slice(10))).toBeLessThan(15_000);
});

test('waiting calls start in the order of their events, whoever asked first', async () => {
  const window = new SendWindow(1, backoff, new FakeClock());
  const started: number[] = [];
  const first = await window.take(0, signal);
  const all = [30, 10, 20].map(async (order) => {
    const turn = await window.take(order, signal);
    started.push(order);
    turn.succeeded();
  });
  await settled();
  first.succeeded();
  await Promise.all(all);
  expect(started).toEqual([10, 20, 30]);
});

test('a call that is stopped while it waits takes no place', async () => {
  const window = new SendWindow(1, backoff, new FakeClock());
  const first = await window.take(1, signal);
  const stop = new AbortController();
  const waiting = window.take(2, stop.signal);
  stop.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  first.succeeded();
  expect(await isOpen(window)).toBe(true);
});
