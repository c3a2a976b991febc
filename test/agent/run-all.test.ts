import { expect, test } from '@jest/globals';
import { runAll } from '../../agent/run-all.ts';

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));

test('the first task that fails aborts its siblings, and its error is thrown once all have ended', async () => {
  const ended: string[] = [];
  const sibling = async (signal: AbortSignal): Promise<void> => {
    await untilAborted(signal).finally(() => ended.push('sibling'));
  };
  const failing = async (): Promise<void> => {
    throw new Error('disk is gone');
  };
  await expect(runAll([sibling, failing], new AbortController().signal)).rejects.toThrow('disk is gone');
  expect(ended).toEqual(['sibling']);
});

test('a stop from outside ends every task and is not an error', async () => {
  const stop = new AbortController();
  const running = runAll([untilAborted, untilAborted], stop.signal);
  stop.abort();
  await expect(running).resolves.toBeUndefined();
});

test('a task that fails while it is being stopped is still an error', async () => {
  const stop = new AbortController();
  const running = runAll(
    [
      async (signal) => {
        await untilAborted(signal).catch(() => undefined);
        throw new Error('could not close');
      },
    ],
    stop.signal,
  );
  stop.abort();
  await expect(running).rejects.toThrow('could not close');
});
