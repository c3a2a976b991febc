import type { Events } from '../../mappings/events.ts';
import type { Checkpoint } from '../sources/source.ts';
import type { Damage, Place } from './spool-log.ts';
import type { Block, DeadLetter, Position, Settlement, StoreState } from './store.ts';

/** How the store's thread is started. */
export interface ThreadOptions {
  readonly dataDir: string;
  readonly sizeBytes: number | undefined;
}

/** What the main thread asks, and what the answer to each is. */
export interface Calls {
  readonly append: {
    readonly ask: {
      readonly source: string;
      readonly checkpoint: Checkpoint;
      readonly gaps: number;
      readonly learned: readonly (readonly [string, Uint8Array | null])[];
      readonly blocks: readonly Events[];
    };
    readonly answer: readonly Place[];
  };
  readonly settle: {
    readonly ask: { readonly consumer: string; readonly upTo: number; readonly became: Settlement };
    readonly answer: null;
  };
  readonly checkpoint: { readonly ask: { readonly source: string }; readonly answer: Checkpoint };
  readonly learned: { readonly ask: { readonly source: string }; readonly answer: ReadonlyMap<string, Uint8Array> };
  readonly open: { readonly ask: { readonly consumer: string; readonly from: Position }; readonly answer: number };
  readonly read: { readonly ask: { readonly after: number }; readonly answer: Block | null };
  readonly state: {
    readonly ask: null;
    readonly answer: Pick<StoreState, 'last' | 'spool' | 'sources' | 'consumers' | 'unaccounted'>;
  };
  readonly deadLetters: {
    readonly ask: { readonly consumer: string; readonly after: number; readonly limit: number };
    readonly answer: readonly DeadLetter[];
  };
  readonly purgeDeadLetters: {
    readonly ask: { readonly consumer: string; readonly sequences: readonly number[] | 'all' };
    readonly answer: number;
  };
  readonly purgeConsumer: { readonly ask: { readonly consumer: string }; readonly answer: number };
  readonly verify: {
    readonly ask: null;
    readonly answer: { readonly blocks: number; readonly events: number };
  };
  readonly close: { readonly ask: { readonly clean: boolean }; readonly answer: null };
}

export type CallName = keyof Calls;
export type Call = {
  [K in CallName]: { readonly id: number; readonly name: K; readonly ask: Calls[K]['ask'] };
}[CallName];

/** What the thread says. */
export type Message =
  | {
      readonly kind: 'opened';
      readonly instance: string;
      readonly epoch: number;
      readonly cleanStop: boolean;
      readonly last: number;
    }
  /** It could not be opened; `name` is the error's class. */
  | { readonly kind: 'refused'; readonly name: string; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'damage'; readonly damage: Damage }
  | { readonly kind: 'note'; readonly message: string; readonly fields: object }
  /** Nothing more is answered. */
  | { readonly kind: 'failed'; readonly message: string };
