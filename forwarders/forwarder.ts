import type { Options, ObjectSchema } from '../config/schema.ts';
import type { DocumentOptions } from '../mappings/document.ts';
import type { Events } from '../mappings/events.ts';
import type { Clock } from './clock.ts';

/** What a lane sends: some events of some blocks, with their sequence numbers. */
export interface Batch extends Events {
  readonly sequences: Float64Array;
}

/** What became of one event. The lane alone decides what follows. */
export type Outcome =
  /** `confirmed`: stored, says the destination; `accepted`: taken, not confirmed; `sent`: handed to the network. */
  | { readonly kind: 'delivered'; readonly proof: 'confirmed' | 'accepted' | 'sent'; readonly duplicate?: true }
  /** The same bytes, later. `suspect`: the destination failed on this very event, so it may be poison. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number; readonly suspect?: true }
  /** It may have arrived. */
  | { readonly kind: 'ambiguous'; readonly reason: string }
  /** Too much, or refused as a whole: halves. */
  | { readonly kind: 'split'; readonly reason: string }
  /** Never, because of this event. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** Never, because of the lane: credentials, template, licence. Somebody has to act. */
  | { readonly kind: 'paused'; readonly reason: string };

/** The bounds of one forwarder; the lane keeps them. */
export interface Limits {
  /** Most events in one call. */
  readonly events: number;
  /** Most bytes of documents in one call; one larger event travels alone. */
  readonly bytes: number;
  /** Most calls under way: sent, outcomes not known. 1 keeps strict order. */
  readonly underWay: number;
}

export interface Forwarder extends AsyncDisposable {
  readonly limits: Limits;
  /**
   * Resolves when the next batch may be sent; `outcomes`, one per event in the order given, when it is known what became
   * of them. It never retries, and rejects only when the signal aborts or on a bug: what a destination or a network does
   * wrong is an outcome. Closing ends what is under way within 5 s.
   */
  send(batch: Batch, signal: AbortSignal): Promise<{ readonly outcomes: Promise<readonly Outcome[]> }>;
}

/** The agent's own log (winston behind it). Secrets and event bodies never. */
export interface Log {
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** What every forwarder is given. */
export interface ForwarderParts {
  /** The lane's name. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What the lane adds to each document: pass it to `documentWriter`. */
  readonly document: DocumentOptions;
  /** This host's name and the agent's version, for headers that name the sender. */
  readonly host: string;
  readonly version: string;
}

/** A kind of destination: `type` in the configuration, its options, and how it is opened. */
export interface ForwarderKind<S extends ObjectSchema = ObjectSchema> {
  readonly type: string;
  readonly options: S;
  /** Cheap and without the network: a destination that is down must not stop the agent. Imports its library lazily. */
  open(options: Options<S>, parts: ForwarderParts): Promise<Forwarder>;
  /** Files that it alone may write. */
  claims?(options: Options<S>): readonly string[];
}

/** Keeps the schema's literal type, so that `open` sees exactly its own options. */
export const forwarderKind = <const S extends ObjectSchema>(kind: ForwarderKind<S>): ForwarderKind<S> => kind;

/** The same outcome for every event of the batch. */
export const forAll = (batch: Batch, outcome: Outcome): readonly Outcome[] =>
  Array.from({ length: batch.sequences.length }, () => outcome);
