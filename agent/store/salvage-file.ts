import { DatabaseSync } from 'node:sqlite';
import { transaction } from './database.ts';
import type { Damage, SpoolLog } from './spool-log.ts';

/** Tables in the order in which they are taken over; what refers to nothing comes first. */
const TABLES = ['source', 'learned', 'consumer', 'dead_letter', 'lost', 'block'] as const;

/**
 * Takes over from a damaged file what SQLite can still read, row by row; each block is verified when it is read, as always.
 * Without its consumer a lane begins at the oldest block that is left.
 */
export function importDamaged(path: string, into: DatabaseSync, log: SpoolLog): Damage {
  const taken = new Map<string, number>();
  let why = 'the database file is damaged';
  try {
    const from = new DatabaseSync(path, { readOnly: true });
    for (const name of TABLES) taken.set(name, copyTable(from, into, name));
    from.close();
  } catch (error) {
    why = (error as Error).message;
  }
  const blocks = taken.get('block') ?? 0;
  log.reload();
  const kept = `${blocks} blocks were taken over`;
  return {
    first: 0,
    last: log.last,
    salvaged: 0,
    lost: 0,
    why: `${why}; ${kept}; the damaged file is kept as ${path}`,
  };
}

function copyTable(from: DatabaseSync, into: DatabaseSync, name: (typeof TABLES)[number]): number {
  let rows = 0;
  try {
    const order = name === 'block' ? 'order by first' : '';
    for (const row of from.prepare(`select * from ${name} ${order}`).iterate()) {
      const values = Object.values(row);
      const places = values.map(() => '?').join(', ');
      transaction(into, () => into.prepare(`insert or ignore into ${name} values (${places})`).run(...values));
      rows++;
    }
  } catch {
    return rows; // what lies behind the damage cannot be reached
  }
  return rows;
}
