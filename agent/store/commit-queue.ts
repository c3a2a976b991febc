import type { Clock } from '../../forwarders/clock.ts';
import { packedBytes } from './packed-block.ts';
import type { PackedDraft, Place, SpoolLog, ToSettle } from './spool-log.ts';

/** What one commit carries at most, or one larger draft. */
const COMMIT_BLOCKS_MAX = 8;
const COMMIT_BYTES_MAX = 8 * 1024 * 1024;
/** A settlement without anything to append waits so long for company. */
const SETTLE_WITHIN_MS = 15;

type Waiting<T> = { readonly item: T; readonly done: (places: readonly Place[]) => void };

/**
 * Drafts and settlements waiting for a commit. What came while the last commit ran goes down in one transaction (group
 * commit); drafts without room wait, in order, until a settlement makes some.
 */
export class CommitQueue {
  readonly #log: SpoolLog;
  readonly #clock: Clock;
  readonly #drafts: Waiting<PackedDraft>[] = [];
  #settlements: Waiting<ToSettle>[] = [];
  #scheduled = false;
  readonly #onError: (error: unknown) => void;

  constructor(log: SpoolLog, clock: Clock, onError: (error: unknown) => void) {
    this.#log = log;
    this.#clock = clock;
    this.#onError = onError;
  }

  append(item: PackedDraft, done: (places: readonly Place[]) => void): void {
    this.#drafts.push({ item, done });
    setImmediate(() => this.#run());
  }

  settle(item: ToSettle, done: () => void): void {
    this.#settlements.push({ item, done });
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#clock.sleep(SETTLE_WITHIN_MS).then(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  /** Commits all that can be; for the end. */
  flush(): void {
    while (this.#commit());
  }

  #run(): void {
    try {
      if (this.#commit() && (this.#drafts.length > 0 || this.#settlements.length > 0)) setImmediate(() => this.#run());
    } catch (error) {
      this.#onError(error);
    }
  }

  /** Whether there was anything that could be committed. */
  #commit(): boolean {
    const drafts = this.#nextDrafts();
    const settlements = this.#settlements.filter(({ item }) => this.#log.fitsSettlement(item));
    if (drafts.length === 0 && settlements.length === 0) return false;
    const places = this.#log.commit(
      drafts.map(({ item }) => item),
      settlements.map(({ item }) => item),
      this.#clock.now(),
    );
    this.#drafts.splice(0, drafts.length);
    this.#settlements = this.#settlements.filter((waiting) => !settlements.includes(waiting));
    drafts.forEach(({ done }, i) => done(places[i]!));
    for (const { done } of settlements) done([]);
    return true;
  }

  #nextDrafts(): readonly Waiting<PackedDraft>[] {
    const chosen: Waiting<PackedDraft>[] = [];
    const blocks: PackedDraft['blocks'][number][] = [];
    for (const waiting of this.#drafts) {
      const more = [...blocks, ...waiting.item.blocks];
      const bytes = more.reduce((sum, block) => sum + packedBytes(block), 0);
      if (chosen.length > 0 && (more.length > COMMIT_BLOCKS_MAX || bytes > COMMIT_BYTES_MAX)) break;
      if (!this.#log.fits({ ...waiting.item, blocks: more })) break;
      chosen.push(waiting);
      blocks.push(...waiting.item.blocks);
    }
    return chosen;
  }
}
