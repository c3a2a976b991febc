import type { Clock } from '../forwarders/clock.ts';
import { backoffMs, type Backoff } from './backoff.ts';

interface Waiter {
  readonly order: number;
  readonly start: () => void;
}

/**
 * How many calls may be under way to one destination. A failure closes the window to one call and makes it wait; each
 * success opens it by one (slow start, promise P11). Waiting calls start in the order of their events.
 */
export class SendWindow {
  readonly #most: number;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  readonly #waiters: Waiter[] = [];
  #width: number;
  #active = 0;
  #failures = 0;
  #notBefore = 0;
  #closedAt = -1;

  constructor(most: number, backoff: Backoff, clock: Clock) {
    this.#most = most;
    this.#backoff = backoff;
    this.#clock = clock;
    this.#width = most;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Waits for a place, and for the end of the wait after a failure; `order` is the first sequence number to be sent. */
  async take(order: number, signal: AbortSignal): Promise<Turn> {
    if (this.#active < this.#width && this.#waiters.length === 0) this.#active++;
    else await this.#place(order, signal);
    try {
      for (let left = this.#left(); left > 0; left = this.#left()) await this.#clock.sleep(left, signal);
    } catch (error) {
      this.#leave();
      throw error;
    }
    const startedAt = this.#clock.monotonic();
    return {
      succeeded: () => {
        this.#failures = 0;
        this.#width = Math.min(this.#most, this.#width + 1);
        this.#leave();
      },
      failed: (afterMs) => {
        const waitMs = startedAt >= this.#closedAt ? this.#close(afterMs) : this.#left();
        this.#leave();
        return waitMs;
      },
      left: () => this.#leave(),
    };
  }

  /** Calls that started before the last failure was known tell nothing new, so only later ones count as another failure. */
  #close(afterMs: number): number {
    this.#failures++;
    this.#width = 1;
    const waitMs = Math.max(afterMs, backoffMs(this.#failures, this.#backoff, this.#clock));
    this.#closedAt = this.#clock.monotonic() + waitMs;
    this.#notBefore = this.#closedAt;
    return waitMs;
  }

  #left(): number {
    return this.#notBefore - this.#clock.monotonic();
  }

  #leave(): void {
    this.#active--;
    this.#startWaiting();
  }

  #startWaiting(): void {
    while (this.#active < this.#width && this.#waiters.length > 0) {
      this.#active++;
      this.#waiters.shift()!.start();
    }
  }

  async #place(order: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter: Waiter = { order, start: () => resolve(undefined) };
    const behind = this.#waiters.findIndex((other) => other.order > order);
    this.#waiters.splice(behind === -1 ? this.#waiters.length : behind, 0, waiter);
    const abort = (): void => {
      const place = this.#waiters.indexOf(waiter);
      if (place === -1) return;
      this.#waiters.splice(place, 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** One call under way; exactly one of these is called when it is over. */
export interface Turn {
  succeeded(): void;
  /** Gives back how long the lane waits now, in ms. */
  failed(afterMs: number): number;
  /** Neither: it was given up. */
  left(): void;
}
