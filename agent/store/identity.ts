import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { transaction } from './database.ts';
import type { Holder } from './holder.ts';
import { meta, setMeta } from './spool-schema.ts';

export interface Identity {
  /** Random; names this store for ever, but a copy gets another. */
  readonly instance: string;
  /** When this life of the store began, seconds since 1970: grows whenever it is created anew, copied, put back or salvaged. */
  readonly epoch: number;
  /** See `Holder`. */
  readonly turn: number;
}

/**
 * Who this store is. A directory that was copied or moved to another machine must not go on as if it were the first, and a
 * database that was put back to an earlier state must not use a sequence number twice in one epoch.
 */
export function identify(
  database: DatabaseSync,
  dataDir: string,
  left: Holder | null,
  now: number,
): Identity & { readonly why: string | null } {
  const place = placeOf(dataDir);
  const instance = meta(database, 'instance');
  const epoch = Number(meta(database, 'epoch') ?? 0);
  const turn = Number(meta(database, 'turn') ?? 0);
  const isNew = typeof instance !== 'string';
  const copied = !isNew && meta(database, 'place') !== place;
  const putBack = !isNew && !copied && left !== null && left.turn > turn;
  const identity = {
    instance: isNew || copied ? randomUUID() : instance,
    epoch: isNew || copied || putBack ? Math.max(epoch + 1, (left?.epoch ?? 0) + 1, Math.floor(now / 1_000)) : epoch,
    turn: Math.max(turn, left?.turn ?? 0) + 1,
  };
  transaction(database, () => {
    setMeta(database, 'place', place);
    for (const [key, value] of Object.entries(identity)) setMeta(database, key, value);
  });
  if (copied) return { ...identity, why: 'the data directory was copied or moved' };
  if (putBack) return { ...identity, why: 'the spool was put back to an earlier state' };
  return { ...identity, why: null };
}

function placeOf(dataDir: string): string {
  const { ino, dev } = statSync(dataDir);
  return `${machineId()}:${dev}:${ino}`;
}

function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
