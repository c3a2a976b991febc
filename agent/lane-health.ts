import type { Clock } from '../forwarders/clock.ts';
import type { Log } from '../forwarders/forwarder.ts';
import type { OwnEvents } from './sources/own.ts';

/** How a lane is, for `status`. */
export interface LaneStatus {
  /** `idle`: nothing sent yet; `delivering`; `failing`: tries again by itself; `paused`: somebody has to act, it tries too. */
  readonly state: 'idle' | 'delivering' | 'failing' | 'paused';
  readonly reason: string | null;
  /** Since when it is in this state, ms since the epoch. */
  readonly since: number;
  /** How long the current wait is, ms; 0 when it does not wait. */
  readonly waitMs: number;
  readonly lastDeliveredAt: number | null;
}

const DEAD_LETTER_EVENT_EVERY_MS = 60_000;

/** A lane that fails for moments, again and again, is said to so often at most, unless it goes on failing for so long. */
const FAILING_SAID_EVERY_MS = 60_000;
const FAILING_SAID_AFTER_MS = 10_000;

/** Says once what changed: in the log, in `status`, and as an own event where security teams have to know. */
export class LaneHealth {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #own: OwnEvents;
  #status: LaneStatus;
  #rejected: { count: number; reason: string; since: number } | null = null;
  /** Whether the log says that it is failing; when it said so last, wall-clock ms. */
  #failingSaid = false;
  #failingSaidAt = -Infinity;

  constructor(name: string, clock: Clock, log: Log, own: OwnEvents) {
    this.#name = name;
    this.#clock = clock;
    this.#log = log;
    this.#own = own;
    this.#status = { state: 'idle', reason: null, since: clock.now(), waitMs: 0, lastDeliveredAt: null };
  }

  get status(): LaneStatus {
    return this.#status;
  }

  working(delivered: number): void {
    const { state, reason, since } = this.#status;
    const now = this.#clock.now();
    if (this.#failingSaid) {
      this.#log.info('lane works again', { lane: this.#name, failingForMs: now - since });
      this.#failingSaid = false;
    }
    if (state === 'paused') {
      this.#log.info('lane resumed', { lane: this.#name, pausedForMs: now - since });
      this.#own.emit(8021, `lane ${this.#name} resumed`, { lane: this.#name, reason, paused_ms: now - since });
    }
    this.#status = {
      state: 'delivering',
      reason: null,
      since: state === 'delivering' ? since : now,
      waitMs: 0,
      lastDeliveredAt: delivered > 0 ? now : this.#status.lastDeliveredAt,
    };
    this.#flushRejected();
  }

  waiting(state: 'failing' | 'paused', reason: string, waitMs: number): void {
    const before = this.#status;
    // A paused lane that meets an outage stays paused: somebody still has to act.
    const becomes = before.state === 'paused' ? 'paused' : state;
    const changed = before.state !== becomes;
    this.#status = { ...before, state: becomes, reason, since: changed ? this.#clock.now() : before.since, waitMs };
    if (becomes === 'failing') this.#sayFailing();
    else if (changed) {
      this.#failingSaid = false;
      this.#log.error('lane is paused: somebody has to act', { lane: this.#name, reason });
      this.#own.emit(8020, `lane ${this.#name} is paused: ${reason}`, { lane: this.#name, reason });
    }
  }

  #sayFailing(): void {
    const { since, reason, waitMs } = this.#status;
    const now = this.#clock.now();
    if (this.#failingSaid) return;
    if (now - this.#failingSaidAt < FAILING_SAID_EVERY_MS && now - since < FAILING_SAID_AFTER_MS) return;
    this.#log.warn('lane is failing', { lane: this.#name, reason, retryInMs: Math.round(waitMs) });
    this.#failingSaid = true;
    this.#failingSaidAt = now;
  }

  rejected(reason: string): void {
    if (!this.#rejected) {
      this.#log.warn('event set aside as dead letter', { lane: this.#name, reason });
      this.#rejected = { count: 0, reason, since: this.#clock.monotonic() - DEAD_LETTER_EVENT_EVERY_MS };
    }
    this.#rejected.count++;
    this.#rejected.reason = reason;
    this.#flushRejected();
  }

  /** One event a minute at most, however many letters there are. */
  #flushRejected(): void {
    const pending = this.#rejected;
    if (!pending || pending.count === 0) return;
    if (this.#clock.monotonic() - pending.since < DEAD_LETTER_EVENT_EVERY_MS) return;
    const { count, reason } = pending;
    this.#own.emit(8022, `${count} events of lane ${this.#name} were set aside: ${reason}`, {
      lane: this.#name,
      count,
      reason,
    });
    this.#rejected = { count: 0, reason, since: this.#clock.monotonic() };
  }
}
