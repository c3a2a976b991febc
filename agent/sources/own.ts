import { recordHash, type AuditRecord } from '../../mappings/record.ts';
import type { Clock } from '../../forwarders/clock.ts';
import type { Json, OwnCode, Page, Source } from './source.ts';

export type OwnDetails = Readonly<Record<string, Json>>;

/** Waiting to be stored; beyond that the oldest are dropped, and the next event says how many. */
const QUEUE_MAX = 1_000;

interface OwnCheckpoint {
  readonly [key: string]: Json;
  readonly count: number;
}

/** One of the agent's own events as a record; `nativeId` must be unique among them and repeatable where it can be read again. */
export function ownRecord(
  code: OwnCode,
  message: string,
  details: OwnDetails,
  at: number,
  nativeId: string,
): AuditRecord {
  const fields = { code, time: new Date(at).toISOString(), message, details };
  const bytes = Buffer.from(JSON.stringify(fields));
  return { bytes, fields, nativeId, hash: recordHash(bytes) };
}

/** What the agent does itself, as a source like any other: spool, chain and those lanes that say `own_events: true`. */
export class OwnEvents implements Source {
  readonly #clock: Clock;
  readonly #epoch: () => number;
  readonly #waiting: { code: OwnCode; message: string; details: OwnDetails; at: number }[] = [];
  #dropped = 0;
  #closed = false;
  #wake = Promise.withResolvers<undefined>();

  constructor(clock: Clock, epoch: () => number) {
    this.#clock = clock;
    this.#epoch = epoch;
  }

  emit(code: OwnCode, message: string, details: OwnDetails): void {
    if (this.#waiting.length >= QUEUE_MAX) {
      this.#waiting.shift();
      this.#dropped++;
    }
    const noted = this.#dropped > 0 ? { ...details, own_events_dropped: this.#dropped } : details;
    this.#waiting.push({ code, message, details: noted, at: this.#clock.now() });
    this.#changed();
  }

  /** What was emitted is still handed over; then reading ends. */
  close(): void {
    this.#closed = true;
    this.#changed();
  }

  async *read(from: Json, signal: AbortSignal): AsyncGenerator<Page> {
    let { count } = (from ?? { count: 0 }) as OwnCheckpoint;
    const abort = (): void => this.#changed();
    signal.addEventListener('abort', abort);
    try {
      while (!signal.aborted) {
        const records = this.#waiting
          .splice(0, 500)
          .map(({ code, message, details, at }) =>
            ownRecord(code, message, details, at, `${this.#epoch()}:${++count}`),
          );
        if (records.length > 0) yield { records, gaps: [], checkpoint: { count } satisfies OwnCheckpoint };
        else if (this.#closed) return;
        else await this.#wake.promise;
      }
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #changed(): void {
    this.#wake.resolve(undefined);
    this.#wake = Promise.withResolvers<undefined>();
  }
}
