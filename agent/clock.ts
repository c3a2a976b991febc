import type { Clock } from '../forwarders/clock.ts';
import { setTimeout as timeout } from 'node:timers/promises';

/** Longer timers fire at once (Node caps them at 2^31 - 1 ms), so a long sleep is made of shorter ones. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The real clock: the one place that names the system's time, timers and chance. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    const until = performance.now() + ms;
    for (let left = ms; left > 0; left = until - performance.now()) {
      try {
        await timeout(Math.min(left, LONGEST_TIMER_MS), undefined, signal ? { signal } : {});
      } catch {
        break; // it aborted, and Node throws an error of its own
      }
    }
    signal?.throwIfAborted();
  },
};
