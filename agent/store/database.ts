import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { StoreUnusable } from './errors.ts';

/** Before this, a WAL database used by two connections could be corrupted. */
const SQLITE_MIN = [3, 51, 3] as const;

export const PAGE_BYTES = 8192;

/** Primary result codes (https://sqlite.org/rescode.html). */
const BUSY = 5;
const READONLY = 8;
const CANTOPEN = 14;
const CORRUPT = 11;
const NOTADB = 26;

/** `synchronous` as SQLite reads it back. */
const FULL = 2;

/** SQLite's extended result code, where the error is SQLite's. */
const codeOf = (error: unknown): number | null =>
  Error.isError(error) && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null;

const primaryCode = (error: unknown): number => (codeOf(error) ?? 0) & 0xff;
export const isBusy = (error: unknown): boolean => primaryCode(error) === BUSY;
/** The file is there, and this process may not write to it. */
export const isForbidden = (error: unknown): boolean => [READONLY, CANTOPEN].includes(primaryCode(error));
export const isDamaged = (error: unknown): boolean => [CORRUPT, NOTADB].includes(primaryCode(error));

/** The message, with SQLite's code: "disk I/O error" alone does not say whether it was a read, a write or an fsync. */
export function described(error: unknown): string {
  const message = Error.isError(error) ? error.message : String(error);
  const code = codeOf(error);
  return code === null ? message : `${message} (SQLite result code ${code})`;
}

/**
 * Opens a database that one process holds and no other may touch (the lock is the kernel's and goes with the process),
 * every commit fsynced. Each setting is read back: a driver may quietly open with a weaker one.
 */
export function openExclusive(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // First of all: any other statement, even one that asks for the version, looks into a WAL database that is there and
    // makes a shared-memory file, for which a full disk has no room.
    setting(database, 'locking_mode', 'exclusive');
    checkVersion(database);
    database.exec(`pragma page_size = ${PAGE_BYTES}; pragma auto_vacuum = none`);
    setting(database, 'journal_mode', 'wal');
    durable(database);
    // Checkpoints are ours to begin (`checkpoint`): SQLite's own hide their errors.
    database.exec(`
      pragma wal_autocheckpoint = 0; pragma journal_size_limit = -1; pragma mmap_size = 0; pragma temp_store = memory;
      pragma cell_size_check = on; pragma trusted_schema = off; pragma foreign_keys = on; pragma secure_delete = off`);
    // Takes the lock now instead of at the first write; after a kill the log is brought home, so that it starts over.
    database.exec('begin immediate; commit');
    checkpoint(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Brings the log home, so that the next commit starts it over. With one connection nothing can stand in its way. */
export function checkpoint(database: DatabaseSync): void {
  database.exec('pragma wal_checkpoint(passive)');
}

/** Pages in the log that are not home yet. */
export function logPages(database: DatabaseSync): number {
  const { log, checkpointed } = database.prepare('pragma wal_checkpoint(noop)').get() ?? {};
  return Number(log) - Number(checkpointed);
}

/** Every commit is fsynced from here on. */
export function durable(database: DatabaseSync): void {
  database.exec('pragma synchronous = full');
  const got = pragma(database, 'synchronous');
  if (got !== FULL) throw new StoreUnusable(`SQLite's synchronous is ${String(got)} and must be ${FULL}`);
}

/** Runs `work` in one transaction, or leaves everything as it was. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('begin immediate');
  try {
    const result = work();
    database.exec('commit');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

export const pragma = (database: DatabaseSync, name: string): unknown =>
  Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];

export const value = (database: DatabaseSync, sql: string, ...parameters: SQLInputValue[]): unknown =>
  Object.values(database.prepare(sql).get(...parameters) ?? {})[0];

function setting(database: DatabaseSync, name: string, wanted: string): void {
  // Set and read in two steps: reading the first row of a pragma that sets hides an error behind it.
  database.exec(`pragma ${name} = ${wanted}`);
  const got = pragma(database, name);
  if (got !== wanted) throw new StoreUnusable(`SQLite's ${name} is ${String(got)} and must be ${wanted}`);
}

function checkVersion(database: DatabaseSync): void {
  const version = String(value(database, 'select sqlite_version()'));
  const parts = version.split('.').map(Number);
  const older = SQLITE_MIN.findIndex((min, i) => (parts[i] ?? 0) !== min);
  if (older !== -1 && (parts[older] ?? 0) < SQLITE_MIN[older]!) {
    throw new StoreUnusable(
      `SQLite ${version} can corrupt a WAL database; ${SQLITE_MIN.join('.')} or later is needed: update Node`,
    );
  }
}
