import type { Clock } from '../forwarders/clock.ts';

export interface Backoff {
  /** Longest wait after the first failure. */
  readonly firstMs: number;
  /** Longest wait ever. */
  readonly longestMs: number;
}

/**
 * From a tenth of a second to a minute. It starts low because the most frequent failure is one refused request of a
 * healthy destination (429), and ends at a minute because an outage is noticed that long after it is over.
 */
export const defaultBackoff: Backoff = { firstMs: 100, longestMs: 60_000 };

/** Capped exponential with full jitter: anything up to the cap, so that many agents do not come back together. */
export const backoffMs = (failures: number, backoff: Backoff, clock: Clock): number =>
  clock.random() * Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(failures - 1, 30));
