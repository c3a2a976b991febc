import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { newestDamaged, setAside } from './damaged-file.ts';
import {
  checkpoint,
  described,
  isBusy,
  isDamaged,
  isForbidden,
  openExclusive,
  pragma,
  transaction,
} from './database.ts';
import { inUse, lockDirectory } from './directory-lock.ts';
import { StoreUnusable } from './errors.ts';
import { copyOnWrite, makeFolder, refuseFileSystem, refuseTooLarge } from './file-system.ts';
import { readHolder, writeHolder } from './holder.ts';
import { identify, type Identity } from './identity.ts';
import { growLog, pagesOf, placeBallast, releaseBallast, reserve } from './reservation.ts';
import { meta, prepareTables, setMeta } from './spool-schema.ts';

export interface SpoolFileOptions {
  readonly dataDir: string;
  /** Of database and log together; undefined: as it is (for a command that opens an existing store for a moment). */
  readonly sizeBytes: number | undefined;
  /** Wall-clock ms. */
  readonly now: number;
  readonly note: (message: string, fields: object) => void;
}

/** An open spool file, held by this process alone. */
export interface SpoolFile extends Pick<Identity, 'instance' | 'epoch'> {
  readonly database: DatabaseSync;
  /** Whether the last agent on it stopped in order. */
  readonly cleanStop: boolean;
  /** A damaged file that was set aside; its readable parts are still to be taken over. */
  readonly damagedPath: string | null;
  /** `clean`: an agent that stops in order. */
  close(clean: boolean): void;
}

export function openSpoolFile(options: SpoolFileOptions): SpoolFile {
  const { dataDir } = options;
  makeFolder(dataDir);
  refuseFileSystem(dataDir);
  try {
    return locked(options);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    throw new StoreUnusable(
      `the store in ${dataDir} cannot be opened for writing (${described(error)}): give its files to the user the agent runs as`,
    );
  }
}

function locked(options: SpoolFileOptions): SpoolFile {
  const { dataDir } = options;
  const lock = lockDirectory(dataDir);
  try {
    const path = join(dataDir, 'spool.db');
    const ballast = join(dataDir, 'spool.ballast');
    releaseBallast(ballast);
    const database = openSound(path, options);
    try {
      return held(database, { path, ballast, lock }, options);
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

function held(
  database: DatabaseSync,
  { path, ballast, lock }: { path: string; ballast: string; lock: Disposable },
  options: SpoolFileOptions,
): SpoolFile {
  const { dataDir, sizeBytes, now, note } = options;
  for (const name of readdirSync(dataDir)) if (name.startsWith('spool.')) chmodSync(join(dataDir, name), 0o600);
  reserveOnce(database, path, options);
  const { why, ...identity } = identify(database, dataDir, readHolder(dataDir), now);
  if (why !== null) note(`${why}: a new epoch begins`, { epoch: identity.epoch });
  const cleanStop = meta(database, 'clean_stop') !== 0;
  const isAgent = sizeBytes !== undefined;
  if (isAgent) setMeta(database, 'clean_stop', 0);
  const holder = { pid: process.pid, since: new Date(now).toISOString(), epoch: identity.epoch };
  orNote('the holder could not be written down', note, () => writeHolder(dataDir, { ...holder, turn: identity.turn }));
  return {
    database,
    instance: identity.instance,
    epoch: identity.epoch,
    cleanStop,
    damagedPath: newestDamaged(path, meta(database, 'taken_over')),
    close(clean) {
      const turn = identity.turn + 1;
      transaction(database, () => {
        setMeta(database, 'turn', turn);
        if (clean && isAgent) setMeta(database, 'clean_stop', 1);
      });
      checkpoint(database);
      orNote('the holder could not be written down', note, () => writeHolder(dataDir, { ...holder, turn }));
      database.close();
      orNote('no room to keep the place of the log; the next start needs it again', note, () => placeBallast(ballast));
      lock[Symbol.dispose]();
    },
  };
}

/** Opens the database; one that is damaged in its structure is set aside, and a new one begun. */
function openSound(path: string, { dataDir, sizeBytes, now, note }: SpoolFileOptions): DatabaseSync {
  try {
    const database = openExclusive(path);
    try {
      prepareTables(database);
      // The structure alone, and only after a stop that was not in order; what the blocks hold is verified when it is read.
      if (meta(database, 'clean_stop') !== 0 || pragma(database, 'quick_check(1)') === 'ok') return database;
    } catch (error) {
      database.close();
      throw error;
    }
    database.close();
  } catch (error) {
    if (isBusy(error)) throw inUse(dataDir);
    if (!isDamaged(error)) throw error;
  }
  if (sizeBytes === undefined) {
    throw new StoreUnusable(
      `the store in ${dataDir} is damaged: start the agent, which takes over what can be read of it`,
    );
  }
  const damagedPath = setAside(path, now);
  note('the store is damaged; it is set aside and what can be read of it is taken over', { damagedPath });
  const database = openExclusive(path);
  prepareTables(database);
  return database;
}

function reserveOnce(database: DatabaseSync, path: string, { dataDir, sizeBytes, note }: SpoolFileOptions): void {
  const reserved = Number(meta(database, 'size') ?? 0);
  const wanted = Math.max(sizeBytes ?? reserved, reserved);
  if (sizeBytes !== undefined && sizeBytes < reserved) {
    note('the spool keeps its size: it can grow but not shrink', { sizeBytes: reserved });
  }
  if (wanted > reserved) {
    const on = copyOnWrite(dataDir);
    if (on !== null) note(`on ${on} no space can be reserved: keep room free beside the spool`, { sizeBytes: wanted });
    refuseTooLarge(dataDir, wanted, [path, `${path}-wal`]);
    note('reserving the spool on disk', { sizeBytes: wanted });
    let tenths = 0;
    reserve(database, wanted, (bytes) => {
      if (bytes * 10 < wanted * (tenths + 1)) return;
      tenths = Math.floor((bytes * 10) / wanted);
      note('reserving the spool on disk', { bytes, sizeBytes: wanted });
    });
    setMeta(database, 'size', wanted);
  }
  if (wanted > 0) database.exec(`pragma max_page_count = ${pagesOf(wanted)}`);
  growLog(database, `${path}-wal`);
}

/** For what is better done and can be done without; a full disk must not keep the store from opening or closing. */
function orNote(failure: string, note: SpoolFileOptions['note'], work: () => void): void {
  try {
    work();
  } catch (error) {
    note(failure, { reason: Error.isError(error) ? error.message : String(error) });
  }
}
