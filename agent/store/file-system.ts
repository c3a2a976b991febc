import { accessSync, constants, mkdirSync, statfsSync, statSync } from 'node:fs';
import { bytes } from '../human.ts';
import { StoreUnusable } from './errors.ts';

/** Makes the data directory where it is missing. Throws `StoreUnusable` where it cannot be one. */
export function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A disk that is full or fails is no matter of the configuration.
    if (code === 'ENOSPC' || code === 'EIO' || code === 'EDQUOT') throw error;
    throw new StoreUnusable(
      `data_dir ${dataDir} cannot be used (${message}): name a folder that the user the agent runs as may make and write to`,
      { cause: error },
    );
  }
}

/** Throws `StoreUnusable` where the disk has no room for a store of this size, instead of filling it up first. */
export function refuseTooLarge(dataDir: string, sizeBytes: number, files: readonly string[]): void {
  const { bavail, bsize } = statfsSync(dataDir);
  const has = files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  const free = bavail * bsize;
  if (sizeBytes - has <= free) return;
  throw new StoreUnusable(
    `spool.size is ${bytes(sizeBytes)}, and the disk of ${dataDir} has ${bytes(free)} free: make room, or say less`,
  );
}

/** File systems (`f_type`, statfs(2)) whose locks and fsync cannot be trusted. */
const REFUSED = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB2'],
  [0xff534d42, 'CIFS'],
  [0x65735546, 'FUSE'],
]);

/** File systems that write elsewhere what is written again: a file of full size is no reservation there. */
const COPY_ON_WRITE = new Map([
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'ZFS'],
]);

/** Throws `StoreUnusable` where a store cannot be kept. */
export function refuseFileSystem(dataDir: string, type = typeOf(dataDir)): void {
  const name = REFUSED.get(type);
  if (name === undefined) return;
  throw new StoreUnusable(
    `data_dir ${dataDir} lies on ${name}, where locks and fsync cannot be trusted: use a local disk`,
  );
}

/** The name of the file system if it is one on which nothing can be reserved. */
export const copyOnWrite = (dataDir: string, type = typeOf(dataDir)): string | null => COPY_ON_WRITE.get(type) ?? null;

/** 32 bits, however the platform signs them. */
const typeOf = (dataDir: string): number => statfsSync(dataDir).type >>> 0;
