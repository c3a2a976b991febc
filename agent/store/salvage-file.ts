import { basename } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import { checkpoint, described, transaction } from './database.ts';
import { missingIn, type SequenceRange } from './sequence-range.ts';
import { setMeta } from './spool-schema.ts';
import type { Damage, SpoolLog } from './spool-log.ts';

type Row = Record<string, SQLOutputValue>;

/** Taken over row by row up to the first that cannot be read; blocks have a way round the damage. */
const SMALL_TABLES = ['source', 'learned', 'consumer', 'dead_letter', 'lost'] as const;
const ROWS_PER_COMMIT = 8;
/** How far behind the last block that could be read others are looked for, where nothing says how far they went. */
const LOOK_AHEAD_EVENTS = 1_000_000;

/**
 * Takes over from a damaged database what SQLite can still read; each block is verified when it is read, as always. What
 * cannot be read and was still to be settled by somebody is entered as lost. It can be broken off and done again.
 */
export function importDamaged(path: string, into: DatabaseSync, log: SpoolLog): Damage {
  const reasons = new Set<string>();
  const troubled = (error: unknown): void => void reasons.add(described(error));
  let known = 0;
  using from = openDamaged(path, troubled);
  if (from) {
    for (const table of SMALL_TABLES) copy(into, table, rowsOf(from, table, troubled));
    known = newestSequence(from, into, troubled);
    copy(into, 'block', blocksOf(from, known, troubled));
    const head = attempt(() => from.prepare("select value from meta where key = 'hash'").get()?.['value'], troubled);
    if (head instanceof Uint8Array) setMeta(into, 'hash', head);
  }
  const kept = rangesIn(into, 'block');
  const last = Math.max(known, kept.at(-1)?.last ?? 0);
  const cursors = into
    .prepare('select cursor from consumer')
    .all()
    .map((row) => Number(row['cursor']));
  const settled = cursors.length > 0 ? Math.min(...cursors) : (kept[0]?.first ?? 1) - 1;
  const missing = missingIn([...kept, ...rangesIn(into, 'lost')], settled + 1, last);
  transaction(into, () => {
    const lose = into.prepare('insert or replace into lost values (?, ?, ?)');
    for (const { first, last: end } of missing) lose.run(first, end, 'the database file was damaged');
    setMeta(into, 'last', last);
    if (cursors.length === 0) setMeta(into, 'cursors_lost', last);
    setMeta(into, 'taken_over', basename(path));
  });
  checkpoint(into);
  log.reload();
  return {
    first: missing[0]?.first ?? settled + 1,
    last,
    salvaged: kept.reduce((sum, range) => sum + range.last - range.first + 1, 0),
    lost: missing.reduce((sum, range) => sum + range.last - range.first + 1, 0),
    why: `the database file was damaged (${[...reasons].join('; ') || 'its structure'}) and is kept as ${path}`,
  };
}

function openDamaged(path: string, troubled: (error: unknown) => void): (DatabaseSync & Disposable) | null {
  return attempt(() => new DatabaseSync(path, { readOnly: true }), troubled);
}

function* rowsOf(from: DatabaseSync, table: string, troubled: (error: unknown) => void): Generator<Row> {
  try {
    yield* from.prepare(`select * from ${table}`).iterate();
  } catch (error) {
    troubled(error);
  }
}

/** Blocks in order; where one cannot be read, the search goes on behind it in steps that double. */
function* blocksOf(from: DatabaseSync, known: number, troubled: (error: unknown) => void): Generator<Row> {
  const next = attempt(() => from.prepare('select * from block where first > ? order by first limit 1'), troubled);
  if (!next) return;
  let at = 0;
  let step = 0;
  while (at + step <= (known || at + LOOK_AHEAD_EVENTS)) {
    let row: Row | undefined;
    try {
      row = next.get(at + step);
    } catch (error) {
      troubled(error);
      step = step * 2 || 1;
      continue;
    }
    if (!row) return;
    yield row;
    at = Number(row['first']);
    step = 0;
  }
}

/** The newest sequence number that anything names; 0: nothing can be read. */
function newestSequence(from: DatabaseSync, into: DatabaseSync, troubled: (error: unknown) => void): number {
  const named = [
    attempt(() => from.prepare("select value as n from meta where key = 'last'").get()?.['n'], troubled),
    attempt(() => from.prepare('select last as n from block order by first desc limit 1').get()?.['n'], troubled),
    into.prepare('select max(cursor) as n from consumer').get()?.['n'],
  ];
  return Math.max(...named.map((n) => (typeof n === 'number' ? n : 0)));
}

function copy(into: DatabaseSync, table: string, rows: Iterable<Row>): void {
  let some: Row[] = [];
  const write = (): void => {
    transaction(into, () => {
      for (const row of some) {
        const values = Object.values(row) as SQLInputValue[];
        const places = values.map(() => '?').join(', ');
        into.prepare(`insert or ignore into ${table} values (${places})`).run(...values);
      }
    });
    checkpoint(into);
    some = [];
  };
  for (const row of rows) if (some.push(row) === ROWS_PER_COMMIT) write();
  if (some.length > 0) write();
}

const rangesIn = (database: DatabaseSync, table: 'block' | 'lost'): SequenceRange[] =>
  database.prepare(`select first, last from ${table} order by first`).all() as unknown as SequenceRange[];

function attempt<T>(work: () => T, troubled: (error: unknown) => void): T | null {
  try {
    return work();
  } catch (error) {
    troubled(error);
    return null;
  }
}
