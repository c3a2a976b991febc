import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Checkpoint } from '../sources/source.ts';
import { lostAhead, openAccount, overLost, pending, settled, unaccounted } from './accounting.ts';
import { blockHash, noBlock, type Link } from './chain.ts';
import { checkpoint, logPages, transaction, value } from './database.ts';
import { DeadLetters } from './dead-letters.ts';
import { mapEvents } from '../../mappings/events.ts';
import { range } from '../../mappings/slices.ts';
import { packEvents, runsOf, salvaged, verified, type BlockRow, type PackedEvents } from './packed-block.ts';
import { CHECKPOINT_PAGES, freeBytes, RESERVE_BYTES, totalBytes } from './reservation.ts';
import type { SequenceRange } from './sequence-range.ts';
import { meta } from './spool-schema.ts';
import type { Account, Block, DeadLetter, Position, Settlement, SourceState, StoreState } from './store.ts';

/** What one `append` stores. */
export interface PackedDraft {
  readonly source: string;
  readonly checkpoint: Checkpoint;
  readonly gaps: number;
  readonly learned: readonly (readonly [bucket: string, value: Uint8Array | null])[];
  readonly blocks: readonly PackedEvents[];
}

export interface ToSettle {
  readonly consumer: string;
  readonly upTo: number;
  readonly became: Settlement;
}

/** A block that was found damaged, and what became of its events. */
export interface Damage {
  readonly first: number;
  readonly last: number;
  readonly salvaged: number;
  readonly lost: number;
  readonly why: string;
}

/** Where a block has come to lie in the chain. */
export type Place = Link & { readonly hash: Uint8Array };

/** A row's own columns, its index entries and the unused ends of its pages. */
const ROW_OVERHEAD_BYTES = 5 * 8192;

/** The first block with an event behind ?1, found by key and not by looking through all before it. */
const BEHIND = `first >= coalesce((select max(first) from block where first <= ?1 + 1), 0) and last > ?1
  order by first limit 1`;

/**
 * The log in its file: blocks, cursors, checkpoints and counters, changed in one transaction together. Synchronous: it
 * lives on the store's thread. What it keeps in memory is written first, so after an error nothing of it may be used.
 */
export class SpoolLog {
  readonly #database: DatabaseSync;
  readonly #epoch: number;
  readonly #deadLetters: DeadLetters;
  readonly #accounts = new Map<string, Account>();
  readonly #opened = new Set<string>();
  #lost: SequenceRange[] = [];
  #last = 0;
  #hash: Uint8Array = noBlock;

  constructor(database: DatabaseSync, epoch: number) {
    this.#database = database;
    this.#epoch = epoch;
    this.#deadLetters = new DeadLetters(database);
    this.reload();
  }

  /** Takes everything that is kept in memory from the file. */
  reload(): void {
    const database = this.#database;
    this.#accounts.clear();
    for (const row of database.prepare('select * from consumer').all()) {
      this.#accounts.set(String(row['name']), row as unknown as Account);
    }
    this.#lost = database.prepare('select first, last from lost order by first').all() as unknown as SequenceRange[];
    const newest = database.prepare('select last, hash from block order by first desc limit 1').get();
    const head = meta(database, 'hash') ?? newest?.['hash'];
    const cursors = [...this.#accounts.values()].map(({ cursor }) => cursor);
    const last = Number(meta(database, 'last') ?? 0);
    this.#last = Math.max(last, Number(newest?.['last'] ?? 0), this.#lost.at(-1)?.last ?? 0, ...cursors);
    this.#hash = head instanceof Uint8Array ? head : noBlock;
    transaction(database, () => this.#stepOverLost());
  }

  /** Sequence number of the newest event. */
  get last(): number {
    return this.#last;
  }

  /** Whether there is room for so many blocks of so many bytes without touching what cursors and dead letters need. */
  fits(blocks: number, bytes: number): boolean {
    return freeBytes(this.#database) - RESERVE_BYTES >= bytes + blocks * ROW_OVERHEAD_BYTES;
  }

  /** Whether dead letters of so many bytes have room; cursors keep theirs. */
  fitsLetters(bytes: number): boolean {
    return freeBytes(this.#database) - RESERVE_BYTES / 2 >= bytes;
  }

  /** One transaction for all of it; gives back where each draft's blocks have come to lie. */
  commit(drafts: readonly PackedDraft[], settlements: readonly ToSettle[], now: number): readonly (readonly Place[])[] {
    return transaction(this.#database, () => {
      const places = drafts.map((draft) => this.#append(draft, now));
      for (const settlement of settlements) this.#settle(settlement, now);
      if (settlements.length > 0) this.#release();
      return places;
    });
  }

  /** Brings the log home when it has grown. Its own step, so that who waits for a commit does not wait for this. */
  tidy(): void {
    if (logPages(this.#database) >= CHECKPOINT_PAGES) checkpoint(this.#database);
  }

  checkpoint(source: string): Checkpoint {
    const text = value(this.#database, 'select checkpoint from source where name = ?', source);
    return typeof text === 'string' ? (JSON.parse(text) as Checkpoint) : null;
  }

  learned(source: string): ReadonlyMap<string, Uint8Array> {
    const rows = this.#database.prepare('select bucket, value from learned where source = ?').all(source);
    return new Map(rows.map((row) => [row['bucket'] as string, row['value'] as Uint8Array]));
  }

  /** The cursor of a consumer, new or as it was. */
  open(name: string, from: Position): number {
    this.#opened.add(name);
    const known = this.#accounts.get(name);
    if (known) return known.cursor;
    transaction(this.#database, () => this.#write(overLost(openAccount(name, this.#position(from)), this.#lost)));
    return this.#accounts.get(name)!.cursor;
  }

  /** The first block with an event behind `after`, or its row as it lies there when it is damaged. */
  read(after: number): Block | BlockRow | null {
    const row = this.#row(after);
    if (!row) return null;
    const events = verified(row);
    if (typeof events === 'string') return row;
    const { epoch, first, previous, hash } = row;
    return { ...events, epoch, first, previous, hash };
  }

  /**
   * Takes a damaged block apart: its whole events stay, as blocks of their own; the others are lost, and said to be. The
   * row is kept as it was found.
   */
  async salvage(row: BlockRow, now: number): Promise<Damage> {
    const found = verified(row);
    const why = typeof found === 'string' ? found : 'it is whole';
    const { places, events } = await salvaged(row);
    transaction(this.#database, () => {
      this.#database
        .prepare('insert or replace into damaged select first, ?, documents, records, heads from block where first = ?')
        .run(now, row.first);
      this.#database.prepare('delete from block where first = ?').run(row.first);
      let previous = row.previous;
      let next = row.first;
      for (const { from, to } of runsOf(places)) {
        const first = row.first + places[from]!;
        this.#loseRange(next, first - 1, why);
        const part = packEvents(mapEvents(events, (slices) => range(slices, from, to)));
        previous = this.#insert(part, { epoch: row.epoch, first, previous }, row.storedAt).hash;
        next = first + to - from;
      }
      this.#loseRange(next, row.last, why);
      this.#lost.sort((a, b) => a.first - b.first);
      this.#stepOverLost();
    });
    const lost = row.last - row.first + 1 - places.length;
    return { first: row.first, last: row.last, salvaged: places.length, lost, why: why };
  }

  state(): Pick<StoreState, 'last' | 'spool' | 'sources' | 'consumers' | 'unaccounted'> {
    const accounts = [...this.#accounts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const total = totalBytes(this.#database);
    return {
      last: this.#last,
      spool: {
        sizeBytes: total,
        usedBytes: total - freeBytes(this.#database),
        blocks: Number(value(this.#database, 'select count(*) from block')),
        first: Number(value(this.#database, 'select min(first) from block') ?? this.#last + 1),
      },
      sources: this.#database.prepare('select * from source order by name').all().map(sourceState),
      consumers: accounts.map((account) => ({
        ...account,
        open: this.#opened.has(account.name),
        lost: account.lost + lostAhead(account, this.#last, this.#lost),
        pending: pending(account, this.#last, this.#lost),
        oldestPendingAt: this.#storedAt(account.cursor),
        deadLetters: this.#deadLetters.count(account.name),
      })),
      unaccounted: accounts.reduce((sum, account) => sum + Math.abs(unaccounted(account)), 0),
    };
  }

  deadLetters(consumer: string, after: number, limit: number): readonly DeadLetter[] {
    return this.#deadLetters.list(consumer, after, limit);
  }

  purgeDeadLetters(consumer: string, sequences: readonly number[] | 'all'): number {
    const account = this.#accounts.get(consumer);
    if (!account) return 0;
    return transaction(this.#database, () => {
      const purged = this.#deadLetters.purge(consumer, sequences);
      this.#write({ ...account, rejected: account.rejected - purged, purged: account.purged + purged });
      return purged;
    });
  }

  purgeConsumer(consumer: string): number {
    const account = this.#accounts.get(consumer);
    if (!account) return 0;
    transaction(this.#database, () => {
      this.#database.prepare('delete from consumer where name = ?').run(consumer);
      this.#deadLetters.purge(consumer, 'all');
      this.#accounts.delete(consumer);
      this.#opened.delete(consumer);
      this.#release();
    });
    return pending(account, this.#last, this.#lost);
  }

  #append(draft: PackedDraft, now: number): readonly Place[] {
    const places = draft.blocks.map((packed) => {
      const place = this.#insert(packed, { epoch: this.#epoch, first: this.#last + 1, previous: this.#hash }, now);
      this.#last += packed.events;
      this.#hash = place.hash;
      return place;
    });
    if (places.length > 0) {
      const set = this.#database.prepare('insert or replace into meta values (?, ?)');
      set.run('last', this.#last);
      set.run('hash', this.#hash);
    }
    const events = draft.blocks.reduce((sum, block) => sum + block.events, 0);
    this.#database
      .prepare(
        `insert into source values (?1, ?2, ?3, ?4, ?5) on conflict (name) do update
         set checkpoint = ?2, events = events + ?3, gaps = gaps + ?4, stored_at = ?5`,
      )
      .run(draft.source, JSON.stringify(draft.checkpoint), events, draft.gaps, now);
    for (const [bucket, learned] of draft.learned) {
      if (learned)
        this.#database.prepare('insert or replace into learned values (?, ?, ?)').run(draft.source, bucket, learned);
      else this.#database.prepare('delete from learned where source = ? and bucket = ?').run(draft.source, bucket);
    }
    return places;
  }

  #insert(packed: PackedEvents, link: Link, storedAt: number): Place {
    const hash = blockHash(link, packed.digests);
    const { first, epoch, previous } = link;
    const { digests, headsHash, documents, records, heads } = packed;
    const last = first + packed.events - 1;
    this.#database
      .prepare('insert into block values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(first, last, epoch, previous, hash, digests, headsHash, documents, records, heads, storedAt);
    return { ...link, hash };
  }

  #settle({ consumer, upTo, became }: ToSettle, now: number): void {
    const account = this.#accounts.get(consumer);
    if (!account) return; // purged meanwhile
    this.#write(settled(account, upTo, became, this.#lost));
    this.#deadLetters.add(consumer, became.rejected, now);
  }

  /** Lets go of the blocks that every consumer has settled; their pages are used again. */
  #release(): void {
    const done = Math.min(this.#last, ...[...this.#accounts.values()].map((account) => account.cursor));
    this.#database.prepare('delete from block where last <= ?').run(done);
    if (this.#lost.some((range) => range.last <= done)) {
      this.#database.prepare('delete from lost where last <= ?').run(done);
      this.#lost = this.#lost.filter((range) => range.last > done);
    }
  }

  #loseRange(first: number, last: number, why: string): void {
    if (last < first) return;
    this.#database.prepare('insert or replace into lost values (?, ?, ?)').run(first, last, why);
    this.#lost.push({ first, last });
  }

  #stepOverLost(): void {
    for (const account of this.#accounts.values()) {
      const over = overLost(account, this.#lost);
      if (over !== account) this.#write(over);
    }
  }

  #write(account: Account): void {
    this.#accounts.set(account.name, account);
    const { name, start, cursor, acknowledged, duplicates, filtered, expired, rejected, purged, lost } = account;
    this.#database
      .prepare('insert or replace into consumer values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(name, start, cursor, acknowledged, duplicates, filtered, expired, rejected, purged, lost);
  }

  #position(from: Position): number {
    const oldest = Number(value(this.#database, 'select min(first) from block') ?? this.#last + 1) - 1;
    if (from === 'oldest') return oldest;
    // Where damage took the cursors, what is left may not have been delivered: a lane begins with it.
    if (from === 'now') return oldest < Number(meta(this.#database, 'cursors_lost') ?? 0) ? oldest : this.#last;
    const first = value(this.#database, 'select min(first) from block where stored_at >= ?', from.time);
    return typeof first === 'number' ? first - 1 : this.#last;
  }

  #row(after: number): BlockRow | null {
    const row = this.#database.prepare(`select * from block where ${BEHIND}`).get(after);
    if (!row) return null;
    const { heads_hash: headsHash, stored_at: storedAt, ...same } = row;
    return { ...same, headsHash, storedAt } as unknown as BlockRow;
  }

  #storedAt(cursor: number): number | null {
    const at = value(this.#database, `select stored_at from block where ${BEHIND}`, cursor);
    return typeof at === 'number' ? at : null;
  }
}

const sourceState = (row: Record<string, SQLOutputValue>): SourceState => ({
  name: String(row['name']),
  checkpoint: JSON.parse(String(row['checkpoint'])) as Checkpoint,
  events: Number(row['events']),
  gaps: Number(row['gaps']),
  storedAt: Number(row['stored_at']),
});
