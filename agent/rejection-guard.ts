import type { Clock } from '../forwarders/clock.ts';

const WINDOW_MS = 5 * 60_000;
const BUCKET_MS = 10_000;
const REJECTED_MIN = 20;
const REJECTED_SHARE = 0.01;

interface Bucket {
  readonly number: number;
  handled: number;
  rejected: number;
}

/**
 * A mapping mistake must not empty the spool into quarantine (promise P12): once 20 events and more than 1 % of those
 * handled in the last five minutes were rejected, no further one may be.
 */
export class RejectionGuard {
  readonly #clock: Clock;
  #buckets: Bucket[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  handled(events: number): void {
    this.#bucket().handled += events;
  }

  /** Whether one more event may be rejected; if so it is counted. */
  mayReject(): boolean {
    const now = this.#bucket();
    const rejected = this.#buckets.reduce((n, bucket) => n + bucket.rejected, 0);
    const handled = this.#buckets.reduce((n, bucket) => n + bucket.handled, 0);
    if (rejected >= REJECTED_MIN && rejected > REJECTED_SHARE * (handled + rejected)) return false;
    now.rejected++;
    return true;
  }

  #bucket(): Bucket {
    const number = Math.floor(this.#clock.monotonic() / BUCKET_MS);
    this.#buckets = this.#buckets.filter((bucket) => bucket.number > number - WINDOW_MS / BUCKET_MS);
    const last = this.#buckets.at(-1);
    if (last?.number === number) return last;
    const bucket = { number, handled: 0, rejected: 0 };
    this.#buckets.push(bucket);
    return bucket;
  }
}
