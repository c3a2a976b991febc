import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './database.ts';
import { StoreInUse } from './errors.ts';
import { readHolder } from './holder.ts';

/**
 * Holds a data directory for this process alone, from before the spool is opened until its ballast is in place. The lock is
 * the kernel's, on an empty database, and goes with the process. Throws `StoreInUse`.
 */
export function lockDirectory(dataDir: string): Disposable {
  const lock = new DatabaseSync(join(dataDir, 'spool.lock'), { timeout: 0 });
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch (error) {
    lock.close();
    throw isBusy(error) ? inUse(dataDir) : error;
  }
  return {
    [Symbol.dispose]() {
      lock.close();
    },
  };
}

export function inUse(dataDir: string): StoreInUse {
  const holder = readHolder(dataDir);
  const by = holder ? `process ${holder.pid} since ${holder.since}` : 'another process';
  return new StoreInUse(`${dataDir} is in use by ${by}: stop that first, or give this agent a data_dir of its own`);
}
