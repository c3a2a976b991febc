import type { Clock } from '../forwarders/clock.ts';
import type { Forwarder } from '../forwarders/forwarder.ts';
import type { Backoff } from './backoff.ts';
import type { Filter } from './batch.ts';
import { deliver, type DeliveryParts } from './delivery.ts';
import { filteredOf, gather, upTo, type Piece } from './gather.ts';
import type { LaneHealth } from './lane-health.ts';
import { linkedAbort } from './linked-abort.ts';
import { nothingYet, Progress } from './progress.ts';
import { RejectionGuard } from './rejection-guard.ts';
import { SendWindow } from './send-window.ts';
import type { Block, Consumer, Settlement } from './store/store.ts';

export interface LaneParts {
  readonly consumer: Consumer;
  readonly forwarder: Forwarder;
  readonly filter: Filter;
  readonly health: LaneHealth;
  readonly backoff: Backoff;
  readonly clock: Clock;
  /** Aborts when nothing new may be sent; what is under way may still end, until `signal` aborts too. */
  readonly stopping: AbortSignal;
}

/**
 * The way to one destination, and the only place that retries: read, filter, send, look at the outcomes, wait or split or
 * set aside, settle. Sends start in order, the cursor never passes an unresolved event (promise P5), and nothing is ever
 * given up because of a timer or a count (P11). Ends when it was told to stop; rejects when the store fails.
 */
export async function runLane(lane: LaneParts, signal: AbortSignal): Promise<void> {
  const { consumer, forwarder, filter, clock } = lane;
  using stopping = linkedAbort(lane.stopping);
  const parts: DeliveryParts = {
    forwarder,
    window: new SendWindow(forwarder.limits.underWay, lane.backoff, clock),
    guard: new RejectionGuard(clock),
    health: lane.health,
    stopping: stopping.signal,
  };
  const progress = new Progress();
  const deliveries = new Jobs((error) => stopping.abort(error));
  const settlements = new Jobs((error) => stopping.abort(error));
  const read = (reading: AbortSignal): AsyncIterable<Block> => consumer.read(reading);
  for await (const piece of gather(read, consumer.cursor, forwarder.limits, filter, stopping.signal)) {
    const known = progress.begin(upTo(piece));
    const run = async (): Promise<void> => {
      const settled = known(await becomes(piece, parts, signal));
      if (settled) settlements.add(consumer.settle(settled.upTo, settled.became));
    };
    deliveries.add(run());
    await deliveries.fewerThan(forwarder.limits.underWay);
    if (stopping.signal.aborted) break;
  }
  const stop = (error: unknown): boolean => [lane.stopping, signal].some((s) => s.aborted && s.reason === error);
  await deliveries.ended(stop);
  await settlements.ended(stop);
}

async function becomes(piece: Piece, parts: DeliveryParts, signal: AbortSignal): Promise<Settlement> {
  const delivered = piece.batch ? await deliver(piece.batch, parts, signal) : nothingYet;
  return { ...delivered, filtered: filteredOf(piece) };
}

/** Owns promises that run beside a loop; the first failure is told at once and thrown at the end. */
class Jobs {
  readonly #onFailure: (error: unknown) => void;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  add(job: Promise<void>): void {
    const running = job
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#onFailure(error);
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async fewerThan(most: number): Promise<void> {
    while (this.#running.size >= most) await Promise.race(this.#running);
  }

  async ended(isStop: (error: unknown) => boolean): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure && !isStop(this.#failure.error)) throw this.#failure.error;
  }
}
