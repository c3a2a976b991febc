import { expect, test } from '@jest/globals';
import { systemClock } from '../../agent/clock.ts';

test('a sleep that is aborted rejects with the very reason it was aborted for', async () => {
  const stop = new AbortController();
  const sleeping = systemClock.sleep(60_000, stop.signal);
  const reason = new Error('stopping');
  stop.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(systemClock.sleep(0, stop.signal)).rejects.toBe(reason);
});

test('a sleep longer than the system’s longest timer does not end at once', async () => {
  const stop = new AbortController();
  let ended = false;
  const sleeping = systemClock.sleep(2 ** 31 + 1_000, stop.signal).then(
    () => (ended = true),
    () => undefined,
  );
  await systemClock.sleep(20);
  expect(ended).toBe(false);
  stop.abort();
  await sleeping;
});
