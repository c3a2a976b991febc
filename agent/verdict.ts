import type { Batch, Outcome } from '../forwarders/forwarder.ts';
import { rejected } from './batch.ts';
import { nothingYet } from './progress.ts';
import type { RejectionGuard } from './rejection-guard.ts';
import type { Rejected, Settlement } from './store/store.ts';

/** An event with a server error of its own is given up after so many attempts, about a minute in all, and not before. */
const SUSPECT_ATTEMPTS_MAX = 10;

/** Why the lane waits before it goes on. */
export interface Trouble {
  readonly kind: 'failing' | 'paused';
  readonly reason: string;
  readonly afterMs: number;
}

/** What one call has come to, and what is sent again. */
export interface Verdict {
  readonly became: Settlement;
  /** Places of the events that are sent again. */
  readonly again: readonly number[];
  readonly split: boolean;
  /** Null when the lane need not wait. */
  readonly trouble: Trouble | null;
}

/** From one outcome an event to what the lane does next; `suspects` counts attempts over the calls of one batch. */
export function judge(
  batch: Batch,
  outcomes: readonly Outcome[],
  suspects: Map<number, number>,
  guard: RejectionGuard,
): Verdict {
  const tally = new Tally(batch, guard);
  outcomes.forEach((outcome, i) => {
    switch (outcome.kind) {
      case 'delivered':
        return tally.delivered(outcome.duplicate ?? false);
      case 'rejected':
        return tally.reject(i, outcome.reason);
      case 'split':
        return outcomes.length === 1 ? tally.reject(i, outcome.reason) : tally.half(i);
      case 'retry':
        if (outcome.suspect && isPoison(batch.sequences[i]!, suspects)) return tally.reject(i, outcome.reason);
        return tally.repeat(i, outcome.afterMs === 0 ? null : trouble('failing', outcome.reason, outcome.afterMs));
      case 'ambiguous':
        return tally.repeat(i, trouble('failing', outcome.reason));
      case 'paused':
        return tally.repeat(i, trouble('paused', outcome.reason));
    }
  });
  const verdict = tally.verdict();
  guard.handled(verdict.became.acknowledged);
  // "At once" (`afterMs: 0`) holds only for what makes progress, or a destination that says so for ever is asked for ever.
  const stuck = !verdict.trouble && !verdict.split && verdict.again.length === outcomes.length;
  return stuck ? { ...verdict, trouble: trouble('failing', reasonOf(outcomes)) } : verdict;
}

const trouble = (kind: Trouble['kind'], reason: string, afterMs = 0): Trouble => ({ kind, reason, afterMs });

/** What one call has come to, event by event. */
class Tally {
  readonly #batch: Batch;
  readonly #guard: RejectionGuard;
  readonly #again: number[] = [];
  readonly #rejected: Rejected[] = [];
  #acknowledged = 0;
  #duplicates = 0;
  #split = false;
  #trouble: Trouble | null = null;

  constructor(batch: Batch, guard: RejectionGuard) {
    this.#batch = batch;
    this.#guard = guard;
  }

  delivered(duplicate: boolean): void {
    this.#acknowledged++;
    if (duplicate) this.#duplicates++;
  }

  reject(i: number, reason: string): void {
    if (this.#guard.mayReject()) this.#rejected.push(rejected(this.#batch, i, reason));
    else
      this.repeat(i, trouble('paused', `too many events are rejected to set more aside; the last reason: ${reason}`));
  }

  half(i: number): void {
    this.#split = true;
    this.#again.push(i);
  }

  /** The worst trouble is kept, with the longest wait. */
  repeat(i: number, met: Trouble | null): void {
    this.#again.push(i);
    if (!met) return;
    const before = this.#trouble;
    const worst = before?.kind === 'paused' ? before : met;
    this.#trouble = { ...worst, afterMs: Math.max(before?.afterMs ?? 0, met.afterMs) };
  }

  verdict(): Verdict {
    return {
      became: {
        ...nothingYet,
        acknowledged: this.#acknowledged,
        duplicates: this.#duplicates,
        rejected: this.#rejected,
      },
      again: this.#again,
      split: this.#split,
      trouble: this.#trouble,
    };
  }
}

/** Its neighbours were taken or have gone before: what fails now fails alone. */
function isPoison(sequence: number, suspects: Map<number, number>): boolean {
  const attempts = (suspects.get(sequence) ?? 0) + 1;
  suspects.set(sequence, attempts);
  return attempts >= SUSPECT_ATTEMPTS_MAX;
}

const reasonOf = (outcomes: readonly Outcome[]): string =>
  outcomes.map((outcome) => ('reason' in outcome ? outcome.reason : '')).find((reason) => reason !== '') ??
  'no reason given';
