import type { Clock } from '../forwarders/clock.ts';
import type { Store, StoreState } from './store/store.ts';

const POLL_MS = 20;

/** Events that lanes of this run have still to settle. */
export const pendingOf = (state: StoreState): number =>
  state.consumers.reduce((n, consumer) => n + (consumer.open ? consumer.pending : 0), 0);

export const setAsideOf = (state: StoreState): number =>
  state.consumers.reduce((n, consumer) => n + (consumer.open ? consumer.rejected : 0), 0);

/** Resolves when nothing is pending (`true`), or nothing was accepted or settled for so long (`false`). */
export const drained = (store: Store, giveUpAfterMs: number, clock: Clock, signal: AbortSignal): Promise<boolean> =>
  watch(store, giveUpAfterMs, clock, signal, (state) => pendingOf(state) === 0);

/** Resolves when nothing was accepted or settled for so long; never otherwise, until the signal aborts. */
export async function stalled(store: Store, afterMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  await watch(store, afterMs, clock, signal, () => false);
}

async function watch(
  store: Store,
  giveUpAfterMs: number,
  clock: Clock,
  signal: AbortSignal,
  isDone: (state: StoreState) => boolean,
): Promise<boolean> {
  let before = '';
  let movedAt = clock.monotonic();
  while (true) {
    const state = await store.state();
    if (isDone(state)) return true;
    const now = `${state.last} ${pendingOf(state)}`;
    if (now !== before) movedAt = clock.monotonic();
    else if (clock.monotonic() - movedAt >= giveUpAfterMs) return false;
    before = now;
    await clock.sleep(POLL_MS, signal);
  }
}
