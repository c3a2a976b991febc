import cron from 'node-cron';
import type { Clock } from '../forwarders/clock.ts';

const MINUTE_MS = 60_000;

/**
 * Runs `job` in each minute that a cron expression names, one after the other, until the signal aborts. The expression is
 * node-cron's, the time is our clock's: a jump of the wall clock runs a job early, late or not at all, never in a hot loop.
 */
export async function onSchedule(
  expression: string,
  job: () => Promise<void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const task = cron.createTask(expression, () => undefined);
  while (true) {
    await clock.sleep(MINUTE_MS - (clock.now() % MINUTE_MS), signal);
    if (task.match(new Date(clock.now()))) await job();
  }
}
