import { hash } from 'node:crypto';
import type { Checkpoint } from './source.ts';

/** Bytes behind the header that tell files apart, together with the last line stored. */
export const FINGERPRINT_BYTES = 1024;
/** First lines that are remembered to number files that begin alike. */
const NAMES_MAX = 256;

/** What is kept of a file's content: enough to find it again under any name. See `docs/decisions/0002-file-identity.md`. */
export interface FileState {
  /** Part of the native id of each of its lines; never changes. */
  readonly id: string;
  /** The path it had when it was written to: its rotated siblings are looked for beside that. */
  readonly base: string;
  path: string;
  dev: number;
  ino: number;
  /** Where the first line begins: behind a byte order mark and a CSV header. */
  readonly begin: number;
  /** Where the next unread line begins in its uncompressed content, or `SKIPPED`. */
  at: number;
  /** The last line stored (or half a line, while nothing is): where it begins, how many bytes of it, their SHA-256 (shortened). */
  last: readonly [start: number, length: number, hash: string] | null;
  /** Hash of the first bytes from `begin`: `FINGERPRINT_BYTES`, or as many as were stored. */
  print: readonly [length: number, hash: string];
  /** Everything it held at the last look is stored, and it is not written to any more. */
  done: boolean;
  /** No longer on disk. */
  gone: boolean;
}

/** Present before the source was first started and named by no pattern: never read, whatever it is renamed to. */
export const SKIPPED = -1;

/** Hex digits kept of a SHA-256: half of it. */
export const HASH_DIGITS = 32;

export const shortHash = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex').slice(0, HASH_DIGITS);

const LF = 0x0a;

/** A file's name for ids: from its first line, so that a second look (from an older checkpoint, too) gives the same. */
export function firstLineHash(head: Buffer): string {
  const end = head.indexOf(LF);
  return shortHash(end === -1 ? head : head.subarray(0, end)).slice(0, 16);
}

/** Gives each file an id that no other file of this source ever had. */
export class FileNames {
  /** By first line: how many files began with it. */
  readonly #used: Map<string, number>;
  /** A first line that is not remembered begins here. */
  #floor: number;

  constructor(used: readonly (readonly [string, number])[], floor: number) {
    this.#used = new Map(used);
    this.#floor = floor;
  }

  take(firstLine: string): string {
    const number = this.#used.get(firstLine) ?? this.#floor;
    this.#used.delete(firstLine);
    this.#used.set(firstLine, number + 1);
    if (this.#used.size > NAMES_MAX) this.#forgetOldest();
    return number === 0 ? firstLine : `${firstLine}.${number}`;
  }

  toJSON(): readonly [used: readonly (readonly [string, number])[], floor: number] {
    return [[...this.#used], this.#floor];
  }

  #forgetOldest(): void {
    const [firstLine, number] = this.#used.entries().next().value!;
    this.#used.delete(firstLine);
    this.#floor = Math.max(this.#floor, number);
  }
}

/** What the file source stores with each page. */
export interface FileCheckpoint {
  /** The patterns it was last run with: siblings that are already there when a pattern is new are skipped. */
  readonly patterns: readonly string[];
  readonly files: FileState[];
  readonly names: FileNames;
}

const VERSION = 1;

export function encodeCheckpoint({ patterns, files, names }: FileCheckpoint): Checkpoint {
  return {
    v: VERSION,
    patterns,
    names: names.toJSON(),
    files: files.map((f) => [
      f.id, f.base, f.path, f.dev, f.ino, f.begin, f.at, f.last, f.print, f.done ? 1 : 0, f.gone ? 1 : 0,
    ]), // prettier-ignore
  };
}

type StoredFile = readonly [
  string, string, string, number, number, number, number, FileState['last'], FileState['print'], 0 | 1, 0 | 1,
]; // prettier-ignore

/** Throws on what this version cannot read: guessing would skip or repeat lines. */
export function decodeCheckpoint(from: Checkpoint): FileCheckpoint {
  if (from === null) return { patterns: [], files: [], names: new FileNames([], 0) };
  const stored = from as unknown as {
    v: number;
    patterns: readonly string[];
    names: ReturnType<FileNames['toJSON']>;
    files: readonly StoredFile[];
  };
  if (stored.v !== VERSION) throw new Error(`the file source cannot read a checkpoint of version ${stored.v}`);
  const files = stored.files.map(([id, base, path, dev, ino, begin, at, last, print, done, gone]): FileState => {
    return { id, base, path, dev, ino, begin, at, last, print, done: done === 1, gone: gone === 1 };
  });
  return { patterns: stored.patterns, files, names: new FileNames(...stored.names) };
}
