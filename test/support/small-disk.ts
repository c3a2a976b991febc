import { execFileSync } from 'node:child_process';
import { existsSync, writeSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

/** A file system of its own, so small that it can be filled. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Takes every byte that is left. */
  fill(): void;
}

const MOUNT = '/usr/bin/mount';
const UMOUNT = '/usr/bin/umount';

/** Null, after saying why, where none can be mounted; in CI that is a failure. */
export function smallDisk(size: string): SmallDisk | null {
  const why =
    process.getuid?.() !== 0
      ? 'mounting a small file system needs root'
      : existsSync(MOUNT)
        ? null
        : `${MOUNT} is missing: apt-get install mount`;
  if (why !== null) {
    if (process.env['CI']) throw new Error(why);
    process.stderr.write(`skipped: ${why}\n`);
    return null;
  }
  const folder = temporaryFolder();
  execFileSync(MOUNT, ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder.path]);
  return {
    path: folder.path,
    fill() {
      const file = openSync(join(folder.path, 'filler'), 'w');
      const piece = Buffer.alloc(64 * 1024);
      try {
        while (true) writeSync(file, piece);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    [Symbol.dispose]() {
      execFileSync(UMOUNT, ['-l', folder.path]);
      folder[Symbol.dispose]();
    },
  };
}
