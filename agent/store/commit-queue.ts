import type { Clock } from '../../forwarders/clock.ts';
import { deadLetterBytes } from './dead-letters.ts';
import { packedBytes } from './packed-block.ts';
import type { PackedDraft, Place, SpoolLog, ToSettle } from './spool-log.ts';

/** What one commit carries at most, or one larger draft and one larger settlement. */
const COMMIT_BLOCKS_MAX = 8;
const COMMIT_BYTES_MAX = 8 * 1024 * 1024;
/** A settlement without anything to append waits so long for company. */
const SETTLE_WITHIN_MS = 15;

interface Waiting<T> {
  readonly item: T;
  readonly done: (places: readonly Place[]) => void;
}

/**
 * Drafts and settlements waiting for a commit. What came while the last commit ran goes down in one transaction (group
 * commit); what has no room waits, in order, until a settlement or a purge makes some.
 */
export class CommitQueue {
  readonly #log: SpoolLog;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #drafts: Waiting<PackedDraft>[] = [];
  #settlements: Waiting<ToSettle>[] = [];
  #runIsDue = false;
  #settleIsDue = false;
  #stopped = false;

  constructor(log: SpoolLog, clock: Clock, onError: (error: unknown) => void) {
    this.#log = log;
    this.#clock = clock;
    this.#onError = onError;
  }

  append(item: PackedDraft, done: (places: readonly Place[]) => void): void {
    this.#drafts.push({ item, done });
    this.roomMade();
  }

  settle(item: ToSettle, done: () => void): void {
    this.#settlements.push({ item, done });
    if (this.#settleIsDue) return;
    this.#settleIsDue = true;
    void this.#clock.sleep(SETTLE_WITHIN_MS).then(() => {
      this.#settleIsDue = false;
      this.#run();
    });
  }

  /** Looks again, in the next turn, at what waits. */
  roomMade(): void {
    if (this.#runIsDue) return;
    this.#runIsDue = true;
    setImmediate(() => {
      this.#runIsDue = false;
      this.#run();
    });
  }

  /** Commits all that can be; for the end. */
  flush(): void {
    while (this.#commit());
  }

  /** Commits nothing more, whatever waits: after an error the connection may say "stored" and be wrong. */
  stop(): void {
    this.#stopped = true;
  }

  #run(): void {
    try {
      this.#log.tidy();
      if (this.#commit()) this.roomMade();
    } catch (error) {
      this.stop();
      this.#onError(error);
    }
  }

  /** Whether there was anything that could be committed. */
  #commit(): boolean {
    if (this.#stopped) return false;
    const drafts = this.#nextDrafts();
    const settlements = this.#nextSettlements();
    if (drafts.length === 0 && settlements.length === 0) return false;
    const places = this.#log.commit(
      drafts.map(({ item }) => item),
      settlements.map(({ item }) => item),
      this.#clock.now(),
    );
    this.#drafts = this.#drafts.slice(drafts.length);
    this.#settlements = this.#settlements.filter((waiting) => !settlements.includes(waiting));
    drafts.forEach(({ done }, i) => done(places[i]!));
    for (const { done } of settlements) done([]);
    return true;
  }

  #nextDrafts(): readonly Waiting<PackedDraft>[] {
    let blocks = 0;
    let bytes = 0;
    const end = this.#drafts.findIndex(({ item }, i) => {
      blocks += item.blocks.length;
      bytes += item.blocks.reduce((sum, block) => sum + packedBytes(block), 0);
      if (i > 0 && (blocks > COMMIT_BLOCKS_MAX || bytes > COMMIT_BYTES_MAX)) return true;
      return !this.#log.fits(blocks, bytes);
    });
    return end === -1 ? this.#drafts : this.#drafts.slice(0, end);
  }

  /** In order for each consumer: one that has no room holds back what its consumer settled after it. */
  #nextSettlements(): readonly Waiting<ToSettle>[] {
    const heldBack = new Set<string>();
    let bytes = 0;
    return this.#settlements.filter(({ item: { consumer, became } }) => {
      const needed = became.rejected.reduce((sum, letter) => sum + deadLetterBytes(letter), 0);
      const tooMuch = bytes > 0 && bytes + needed > COMMIT_BYTES_MAX;
      if (heldBack.has(consumer) || (needed > 0 && (tooMuch || !this.#log.fitsLetters(bytes + needed)))) {
        heldBack.add(consumer);
        return false;
      }
      bytes += needed;
      return true;
    });
  }
}
