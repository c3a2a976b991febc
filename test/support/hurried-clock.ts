import { systemClock } from '../../agent/clock.ts';
import type { Clock } from '../../forwarders/clock.ts';
import { PROBATION_MS } from '../../forwarders/syslog-stream.ts';

/** The system's clock, but for the second in which a new syslog connection is watched. */
export const hurriedClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  random: () => systemClock.random(),
  sleep: (ms, signal) => systemClock.sleep(ms === PROBATION_MS ? 50 : ms, signal),
};
