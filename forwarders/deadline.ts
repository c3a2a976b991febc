import type { Clock } from './clock.ts';

/** Thrown inside what did not end in time. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/**
 * Runs `work` with a signal that aborts with the outer one, or with `DeadlineExceeded` after `ms`. Rejects as `work` does.
 * The outer signal keeps no listener (`AbortSignal.any` would, for as long as the signal lives).
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const done = new AbortController();
  const abort = (): void => inner.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const expire = clock.sleep(ms, done.signal).then(
    () => inner.abort(new DeadlineExceeded(`no answer within ${ms} ms`)),
    () => undefined,
  );
  try {
    return await work(inner.signal);
  } finally {
    signal.removeEventListener('abort', abort);
    done.abort();
    await expire;
  }
}
