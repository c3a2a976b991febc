import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Who has opened a data directory last, and how far its store had come by then. The kernel's lock decides, not this. */
export interface Holder {
  readonly pid: number;
  /** ISO 8601 */
  readonly since: string;
  readonly epoch: number;
  /** Grows with every start and clean stop, in the store first: a store that is behind it was put back to an earlier state. */
  readonly turn: number;
}

/** Always of this length, so that writing it again needs no room on a full disk. */
const HOLDER_BYTES = 256;

const pathOf = (dataDir: string): string => join(dataDir, 'holder.json');

export function writeHolder(dataDir: string, holder: Holder): void {
  const file = openSync(pathOf(dataDir), constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    writeSync(file, `${JSON.stringify(holder).padEnd(HOLDER_BYTES - 1)}\n`, 0);
  } finally {
    closeSync(file);
  }
}

/** Null when there is none that can be read. */
export function readHolder(dataDir: string): Holder | null {
  try {
    const { pid, since, epoch, turn } = JSON.parse(readFileSync(pathOf(dataDir), 'utf8')) as Record<string, unknown>;
    return { pid: Number(pid), since: String(since), epoch: Number(epoch) || 0, turn: Number(turn) || 0 };
  } catch {
    return null;
  }
}
