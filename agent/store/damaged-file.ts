import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const MARK = '.damaged-';

/** Renames a damaged database with its log, never over another one, and gives its new path. Nothing is deleted. */
export function setAside(path: string, now: number): string {
  let at = Math.floor(now / 1_000);
  while (existsSync(`${path}${MARK}${at}`)) at++;
  const damaged = `${path}${MARK}${at}`;
  for (const suffix of ['-wal', '']) if (existsSync(path + suffix)) renameSync(path + suffix, damaged + suffix);
  return damaged;
}

/** The newest that was set aside, unless it is the one that was taken over already. */
export function newestDamaged(path: string, takenOver: unknown): string | null {
  const newest = readdirSync(dirname(path))
    .filter((name) => name.startsWith(basename(path) + MARK) && /\d$/.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b))
    .at(-1);
  return newest === undefined || newest === takenOver ? null : join(dirname(path), newest);
}

const numberOf = (name: string): number => Number(name.slice(name.lastIndexOf('-') + 1));
