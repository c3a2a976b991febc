/** Time and chance as a parameter, so that a test moves time by hand and a failure is a seed to replay. */
export interface Clock {
  /** Wall-clock time in ms since the epoch; it may jump. For what people read, never for measuring. */
  now(): number;
  /** Milliseconds since some start; never jumps. For intervals, deadlines and rates. */
  monotonic(): number;
  /** Resolves `ms` later by the monotonic clock, however long that is; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to and without 1. */
  random(): number;
}
