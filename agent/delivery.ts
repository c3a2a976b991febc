import assert from 'node:assert/strict';
import type { Batch, Forwarder, Outcome } from '../forwarders/forwarder.ts';
import { halves, select } from './batch.ts';
import type { LaneHealth } from './lane-health.ts';
import { nothingYet, sum } from './progress.ts';
import type { RejectionGuard } from './rejection-guard.ts';
import type { SendWindow, Turn } from './send-window.ts';
import type { Settlement } from './store/store.ts';
import { judge, type Verdict } from './verdict.ts';

export interface DeliveryParts {
  readonly forwarder: Forwarder;
  readonly window: SendWindow;
  readonly guard: RejectionGuard;
  readonly health: LaneHealth;
  /** Aborts when no further attempt may begin; what is under way may still end. */
  readonly stopping: AbortSignal;
}

/** Sends a batch until it is known of every event what became of it; rejects only when it is stopped. */
export async function deliver(batch: Batch, parts: DeliveryParts, signal: AbortSignal): Promise<Settlement> {
  const work = [batch];
  const suspects = new Map<number, number>();
  let became = nothingYet;
  for (let next = work.shift(); next; next = work.shift()) {
    const turn = await parts.window.take(next.sequences[0]!, parts.stopping);
    const verdict = judge(next, await attempt(next, parts.forwarder, turn, signal), suspects, parts.guard);
    report(verdict, turn, parts.health);
    became = sum(became, verdict.became);
    work.unshift(...rest(next, verdict));
  }
  return became;
}

async function attempt(
  batch: Batch,
  forwarder: Forwarder,
  turn: Turn,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  try {
    const outcomes = await (await forwarder.send(batch, signal)).outcomes;
    assert.equal(outcomes.length, batch.sequences.length, 'a forwarder gives one outcome an event');
    return outcomes;
  } catch (error) {
    if (signal.aborted) {
      turn.left();
      throw error;
    }
    // A bug of one forwarder is that lane's trouble and nobody else's.
    const reason = `internal error: ${Error.isError(error) ? error.message : String(error)}`;
    return Array.from(batch.sequences, () => ({ kind: 'ambiguous', reason }));
  }
}

function report({ became, split, trouble }: Verdict, turn: Turn, health: LaneHealth): void {
  for (const { reason } of became.rejected) health.rejected(reason);
  if (trouble) health.waiting(trouble.kind, trouble.reason, turn.failed(trouble.afterMs));
  else if (split) turn.left();
  else {
    turn.succeeded();
    health.working(became.acknowledged);
  }
}

function rest(batch: Batch, { again, split }: Verdict): readonly Batch[] {
  if (again.length === 0) return [];
  const remaining = again.length === batch.sequences.length ? batch : select(batch, again);
  return split && again.length > 1 ? halves(remaining) : [remaining];
}
