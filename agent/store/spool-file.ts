import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { isBusy, isDamaged, openExclusive, pragma } from './database.ts';
import { StoreInUse, StoreUnusable } from './errors.ts';
import { growLog, placeBallast, releaseBallast, reserve, WAL_BYTES } from './reservation.ts';
import { meta, prepareTables, setMeta } from './spool-schema.ts';

export interface SpoolFileOptions {
  readonly dataDir: string;
  /** Of database and log together; undefined: as it is (for a command that opens an existing store for a moment). */
  readonly sizeBytes: number | undefined;
  /** Wall-clock ms. */
  readonly now: number;
  readonly progress: (message: string, fields: object) => void;
}

/** An open spool file, held by this process alone. */
export interface SpoolFile {
  readonly database: DatabaseSync;
  /** Random; names this store for ever, but a copy gets another. */
  readonly instance: string;
  /** When this life of the store began, seconds since 1970: grows whenever it is created anew, copied or salvaged. */
  readonly epoch: number;
  /** Whether the last agent on it stopped in order. */
  readonly cleanStop: boolean;
  /** A damaged file that was set aside; its readable parts are to be taken over. */
  readonly damagedPath: string | null;
  /** `clean`: an agent that stops in order. */
  close(clean: boolean): void;
}

/** File systems (statfs type) whose locks and fsync cannot be trusted. */
const REFUSED_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB2'],
  [0xff534d42, 'CIFS'],
  [0x65735546, 'FUSE'],
]);

export function openSpoolFile(options: SpoolFileOptions): SpoolFile {
  const { dataDir, now, progress } = options;
  const path = join(dataDir, 'spool.db');
  const ballast = join(dataDir, 'spool.ballast');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  refuseFileSystem(dataDir);
  releaseBallast(ballast);
  const opened = open(path, dataDir, now, progress);
  const { database } = opened;
  try {
    for (const name of readdirSync(dataDir)) if (name.startsWith('spool.db')) chmodSync(join(dataDir, name), 0o600);
    reserveOnce(database, path, options);
    const identity = identify(database, dataDir, now, progress);
    const cleanStop = meta(database, 'clean_stop') !== 0;
    if (options.sizeBytes !== undefined) setMeta(database, 'clean_stop', 0);
    writeFileSync(holderPath(dataDir), JSON.stringify({ pid: process.pid, since: new Date(now).toISOString() }), {
      mode: 0o600,
    });
    return {
      database,
      ...identity,
      cleanStop,
      damagedPath: opened.damagedPath,
      close(clean) {
        if (clean && options.sizeBytes !== undefined) setMeta(database, 'clean_stop', 1);
        database.close();
        keepPlace(ballast, progress);
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

function open(
  path: string,
  dataDir: string,
  now: number,
  progress: SpoolFileOptions['progress'],
): { database: DatabaseSync; damagedPath: string | null } {
  try {
    const database = openExclusive(path);
    if (isSound(database)) return { database, damagedPath: null };
    database.close();
  } catch (error) {
    if (isBusy(error))
      throw new StoreInUse(
        `${dataDir} is in use by ${holder(dataDir)}: stop that first, or give this agent a data_dir of its own`,
      );
    if (!isDamaged(error)) throw error;
  }
  const damagedPath = `${path}.damaged-${Math.floor(now / 1000)}`;
  for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) renameSync(path + suffix, damagedPath + suffix);
  progress('the store is damaged; it is set aside and what can be read of it is taken over', { damagedPath });
  return { database: openExclusive(path), damagedPath };
}

/** A quick look at the structure after a stop that was not in order. */
function isSound(database: DatabaseSync): boolean {
  prepareTables(database);
  return meta(database, 'clean_stop') !== 0 || pragma(database, 'quick_check(1)') === 'ok';
}

function reserveOnce(database: DatabaseSync, path: string, { sizeBytes, progress }: SpoolFileOptions): void {
  prepareTables(database);
  const reserved = Number(meta(database, 'size') ?? 0);
  const wanted = Math.max(sizeBytes ?? reserved, reserved);
  if (sizeBytes !== undefined && sizeBytes < reserved) {
    progress('the spool keeps its size: it can grow but not shrink', { sizeBytes: reserved });
  }
  if (wanted > reserved) {
    progress('reserving the spool on disk', { sizeBytes: wanted });
    reserve(database, wanted, () => undefined);
    setMeta(database, 'size', wanted);
  }
  database.exec(`pragma max_page_count = ${Math.floor((wanted - WAL_BYTES) / 8192)}`);
  growLog(database, `${path}-wal`);
}

/** A copied directory, or one moved to another machine, must not go on as if it were the first. */
function identify(
  database: DatabaseSync,
  dataDir: string,
  now: number,
  progress: SpoolFileOptions['progress'],
): { instance: string; epoch: number } {
  const { ino, dev } = statSync(dataDir);
  const place = `${machineId()}:${dev}:${ino}`;
  const instance = meta(database, 'instance');
  const epoch = Number(meta(database, 'epoch') ?? 0);
  if (typeof instance === 'string' && meta(database, 'place') === place) return { instance, epoch };
  if (typeof instance === 'string')
    progress('the data directory was copied or moved: a new epoch begins', { before: epoch });
  const fresh = { instance: randomUUID(), epoch: Math.max(epoch + 1, Math.floor(now / 1000)) };
  setMeta(database, 'instance', fresh.instance);
  setMeta(database, 'epoch', fresh.epoch);
  setMeta(database, 'place', place);
  return fresh;
}

function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

function refuseFileSystem(dataDir: string): void {
  const name = REFUSED_FILE_SYSTEMS.get(statfsSync(dataDir).type);
  if (name) {
    throw new StoreUnusable(
      `data_dir ${dataDir} lies on ${name}, where locks and fsync cannot be trusted: use a local disk`,
    );
  }
}

/** What is left when the log goes is kept; if the disk is full at that moment, the next start must find room again. */
function keepPlace(ballast: string, progress: SpoolFileOptions['progress']): void {
  try {
    placeBallast(ballast);
  } catch (error) {
    releaseBallast(ballast);
    progress('no room to keep the place of the log; the next start needs it again', {
      reason: (error as Error).message,
    });
  }
}

const holderPath = (dataDir: string): string => join(dataDir, 'holder.json');

/** For people: the kernel's lock decides. */
function holder(dataDir: string): string {
  try {
    const { pid, since } = JSON.parse(readFileSync(holderPath(dataDir), 'utf8')) as { pid: number; since: string };
    return `process ${pid} since ${since}`;
  } catch {
    return 'another process';
  }
}
