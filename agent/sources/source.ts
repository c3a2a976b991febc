import type { ObjectSchema, Options } from '../../config/schema.ts';
import type { Clock } from '../../forwarders/clock.ts';
import type { Log } from '../../forwarders/forwarder.ts';
import type { AuditRecord } from '../../mappings/record.ts';

/** Codes of the agent's own events (pack `audit-relay`). */
export type OwnCode = 8001 | 8002 | 8010 | 8012 | 8020 | 8021 | 8022;

/** Where a source goes on reading: JSON of its own, stored in the transaction that stores what lies before it. */
export type Checkpoint = Json;
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A range that could not be stored, and never silently: it becomes an event of its own (`source-gap`) and an alarm. */
export interface Gap {
  /** What is missing: a file with its byte range, a time window. */
  readonly what: string;
  /** How much, where known: bytes, lines, seconds. */
  readonly amount: string | null;
  readonly why: string;
  /** Since when, ISO 8601, where known. */
  readonly since: string | null;
}

/** What a source hands over at once: at most a block's worth of records (`BLOCK_EVENTS_MAX`, `BLOCK_BYTES_MAX`). */
export interface Page {
  readonly records: readonly AuditRecord[];
  readonly gaps: readonly Gap[];
  /** Right once the records and gaps are stored. */
  readonly checkpoint: Checkpoint;
  /** What the duplicate window learns or (with `null`) forgets, by buckets of time; sources without native ids need one. */
  readonly learned?: ReadonlyMap<string, Uint8Array | null>;
}

export interface Source {
  /** Pages after `from` (`null`: the first time), oldest first, waiting when there is nothing new. It may throw and be read again. */
  read(from: Checkpoint, signal: AbortSignal): AsyncIterable<Page>;
  /** All up to this checkpoint is stored for good: answer the sender, close the old file. */
  stored?(upTo: Checkpoint): void;
}

/** A source cannot be read for now and says for how long, ms; thrown instead of any other error. */
export class SourceUnavailable extends Error {
  override readonly name = 'SourceUnavailable';
  readonly afterMs: number;

  constructor(message: string, afterMs: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

/** Tells security teams: one of the agent's own events, by its code. */
export type EmitOwn = (code: OwnCode, message: string, details: { readonly [key: string]: Json }) => void;

export interface SourceParts {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Read what is there now and end, instead of waiting for more (`run --once`). */
  readonly once: boolean;
  /** What the source's pages have taught the store (`Page.learned`), by bucket. */
  readonly learned: () => Promise<ReadonlyMap<string, Uint8Array>>;
  readonly emit: EmitOwn;
}

/** A kind of source: `type` in the configuration, its options, and how it is opened. */
export interface SourceKind<S extends ObjectSchema = ObjectSchema> {
  readonly type: string;
  readonly options: S;
  open(options: Options<S>, parts: SourceParts): Promise<Source>;
  /** What no other part of a configuration may use beside it, in words. */
  claims?(options: Options<S>): readonly string[];
  /** Whether it would read this file. */
  reads?(options: Options<S>, path: string): boolean;
}

/** Keeps the schema's literal type, so that `open` sees exactly its own options. */
export const sourceKind = <const S extends ObjectSchema>(kind: SourceKind<S>): SourceKind<S> => kind;
