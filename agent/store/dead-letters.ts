import type { DatabaseSync } from 'node:sqlite';
import { slice, slicesOf } from '../../mappings/slices.ts';
import { pack, unpack } from './block-codec.ts';
import { value } from './database.ts';
import type { DeadLetter, Rejected } from './store.ts';

/** Most bytes of events in one answer. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const ROW_OVERHEAD_BYTES = 8192;

/** What a dead letter takes at most. */
export const deadLetterBytes = ({ document, record, head }: Rejected): number =>
  document.length + record.length + head.length + ROW_OVERHEAD_BYTES;

/** Events that a destination will never take, kept whole with the reason. */
export class DeadLetters {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add(consumer: string, letters: readonly Rejected[], now: number): void {
    const insert = this.#database.prepare('insert or replace into dead_letter values (?, ?, ?, ?, ?, ?)');
    for (const { sequence, id, reason, document, record, head } of letters) {
      insert.run(consumer, sequence, id, reason, now, pack(slicesOf([document, record, head])));
    }
  }

  /** Behind `after`, oldest first, as many as are asked for or fit one answer. */
  list(consumer: string, after: number, limit: number): readonly DeadLetter[] {
    const rows = this.#database
      .prepare('select * from dead_letter where consumer = ? and sequence > ? order by sequence limit ?')
      .iterate(consumer, after, limit);
    const letters: DeadLetter[] = [];
    let bytes = 0;
    for (const row of rows) {
      const event = unpack(row['event'] as Uint8Array);
      bytes += event.bytes.length;
      if (bytes > ANSWER_BYTES_MAX && letters.length > 0) break;
      letters.push({
        sequence: Number(row['sequence']),
        id: String(row['id']),
        reason: String(row['reason']),
        at: Number(row['at']),
        document: slice(event, 0),
        record: slice(event, 1),
        head: slice(event, 2),
      });
    }
    return letters;
  }

  count(consumer: string): number {
    return Number(value(this.#database, 'select count(*) from dead_letter where consumer = ?', consumer));
  }

  /** Gives back how many are gone. */
  purge(consumer: string, sequences: readonly number[] | 'all'): number {
    if (sequences === 'all') {
      return Number(this.#database.prepare('delete from dead_letter where consumer = ?').run(consumer).changes);
    }
    const one = this.#database.prepare('delete from dead_letter where consumer = ? and sequence = ?');
    return sequences.reduce((n, sequence) => n + Number(one.run(consumer, sequence).changes), 0);
  }
}
