import type { Events } from '../../mappings/events.ts';
import type { Checkpoint } from '../sources/source.ts';

/** Events stored and chained together, verified when read: see `chain.ts` for what `hash` is over. */
export interface Block extends Events {
  readonly epoch: number;
  /** Sequence number of its first event; the others follow without holes. */
  readonly first: number;
  /** The hash of the block before, 32 bytes. */
  readonly previous: Uint8Array;
  readonly hash: Uint8Array;
}

export const lastOf = (block: Block): number => block.first + block.documents.ends.length - 1;

/** What one transaction stores beside the checkpoint. */
export interface Draft {
  /** Each becomes a block: at most `BLOCK_EVENTS_MAX` events or `BLOCK_BYTES_MAX` of documents, or one larger event. */
  readonly events: readonly Events[];
  /** How many gaps are among them, for the counters. */
  readonly gaps: number;
  readonly learned: ReadonlyMap<string, Uint8Array | null>;
}

/** Where a new consumer begins: behind the last event, before the first that is kept, or at a time (ms since the epoch). */
export type Position = 'now' | 'oldest' | { readonly time: number };

/** An event that a destination will never take, whole, with the exact reason. */
export interface Rejected {
  readonly sequence: number;
  readonly reason: string;
  readonly id: string;
  readonly document: Uint8Array;
  readonly record: Uint8Array;
  readonly head: Uint8Array;
}

export interface DeadLetter extends Rejected {
  /** When it was set aside, ms since the epoch. */
  readonly at: number;
}

/** What became of the events between the cursor and its new place; the numbers add up to how far it moves. */
export interface Settlement {
  readonly acknowledged: number;
  /** Of those acknowledged: the destination had them before. */
  readonly duplicates: number;
  readonly filtered: number;
  readonly expired: number;
  readonly rejected: readonly Rejected[];
}

export interface Consumer {
  readonly name: string;
  /** Everything up to this sequence number is settled. */
  readonly cursor: number;
  /**
   * Blocks with events after the cursor as it is when reading begins, oldest first; the first may begin before it. Waits
   * for more; ends when the signal aborts. Only one reader at a time.
   */
  read(signal: AbortSignal): AsyncIterable<Block>;
  /** Moves the cursor to `upTo` and counts what became of the events, in the next commit, at most 20 ms later. */
  settle(upTo: number, became: Settlement): Promise<void>;
}

/** A consumer's counters as they lie in the store; `spool-schema.ts` says what holds between them. */
export interface Account {
  readonly name: string;
  /** Sequence number it began behind. */
  readonly start: number;
  readonly cursor: number;
  readonly acknowledged: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly expired: number;
  readonly rejected: number;
  readonly purged: number;
  /** Lost to damage before they were settled; each such loss is a `source-gap` event. */
  readonly lost: number;
}

export interface ConsumerState extends Account {
  /** Opened since the start; one that is not is a removed destination whose backlog is kept until it is purged by name. */
  readonly open: boolean;
  readonly pending: number;
  /** When the oldest pending event was stored, ms since the epoch. */
  readonly oldestPendingAt: number | null;
  /** Dead letters kept now. */
  readonly deadLetters: number;
}

export interface SourceState {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly events: number;
  readonly gaps: number;
  /** When the last commit for it returned, ms since the epoch. */
  readonly storedAt: number | null;
}

export interface StoreState {
  readonly epoch: number;
  /** Sequence number of the last event accepted; the first ever is 1. */
  readonly last: number;
  /** Whether the last stop before this start was clean. */
  readonly cleanStop: boolean;
  readonly spool: {
    readonly sizeBytes: number;
    readonly usedBytes: number;
    readonly blocks: number;
    /** First sequence number that is kept, or `last + 1`. */
    readonly first: number;
  };
  readonly sources: readonly SourceState[];
  readonly consumers: readonly ConsumerState[];
  /** accepted - (acknowledged + rejected + filtered + expired + purged + lost + pending), over all consumers. Must be 0. */
  readonly unaccounted: number;
}

export interface Store extends AsyncDisposable {
  /** Grows by one each time a store is created anew or found copied, rolled back or salvaged. */
  readonly epoch: number;
  readonly cleanStop: boolean;
  /** Random; names this store, and so the agent, for ever. */
  readonly instance: string;
  /** Resolves when there is room; `stored` when the commit has returned. So a source goes on while the disk works. */
  append(
    source: string,
    draft: Draft,
    checkpoint: Checkpoint,
    signal: AbortSignal,
  ): Promise<{ readonly stored: Promise<void> }>;
  checkpoint(source: string): Promise<Checkpoint>;
  /** What `Draft.learned` has taught, by bucket. */
  learned(source: string): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Opens a cursor where it was, or at `from` when it is new. */
  consumer(name: string, from: Position): Promise<Consumer>;
  state(): Promise<StoreState>;
  /** Dead letters of a consumer behind `after` (a sequence number), oldest first. */
  deadLetters(consumer: string, after: number, limit: number): Promise<readonly DeadLetter[]>;
  /** Forgets dead letters (all, or those named) for good; they count as purged. Resolves with how many. */
  purgeDeadLetters(consumer: string, sequences: readonly number[] | 'all'): Promise<number>;
  /** Gives up a removed destination: its backlog counts as purged and is kept for it no longer. Resolves with how many. */
  purgeConsumer(consumer: string): Promise<number>;
  /** Reads every block it keeps and checks it; damage is dealt with and reported as always. */
  verify(): Promise<{ readonly blocks: number; readonly events: number }>;
  /** Rejects when the store can no longer be trusted (a read, write or fsync error): the agent exits with 74. */
  readonly failed: Promise<never>;
}
