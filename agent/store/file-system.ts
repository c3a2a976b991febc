import { statfsSync } from 'node:fs';
import { StoreUnusable } from './errors.ts';

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
