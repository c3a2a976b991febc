import { linkedAbort } from './linked-abort.ts';

/** A task that ends when the signal aborts. */
export type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Runs tasks side by side and owns their promises: the first that fails aborts its siblings, all are waited for, and its
 * error is thrown. That a task ends because the outer signal aborted is not an error.
 */
export async function runAll(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  using inner = linkedAbort(signal);
  const failures: unknown[] = [];
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(inner.signal);
      } catch (error) {
        if (inner.signal.aborted && error === inner.signal.reason) return;
        failures.push(error);
        inner.abort(error);
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
