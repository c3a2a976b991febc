import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { testWithPackages } from './debian-packages.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { testUnless } from './test-unless.ts';

/** A file system of its own, so small that it can be filled. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Takes every byte that is left. */
  fill(): void;
}

const MOUNT = '/usr/bin/mount';
const UMOUNT = '/usr/bin/umount';

/** `test` where a file system can be mounted. */
export const testWithSmallDisk = (): ReturnType<typeof testUnless> =>
  process.getuid?.() === 0 ? testWithPackages([MOUNT], ['mount']) : testUnless('mounting a file system needs root');

export function smallDisk(size: string): SmallDisk {
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
