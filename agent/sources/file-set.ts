import { existsSync } from 'node:fs';
import type { Clock } from '../../forwarders/clock.ts';
import type { Log } from '../../forwarders/forwarder.ts';
import { GzipBomb, openContent, type Content } from './file-content.ts';
import { findFiles, inodeOf, type FoundFile, type Patterns } from './file-discovery.ts';
import { encodeCheckpoint, FINGERPRINT_BYTES, firstLineHash, shortHash, SKIPPED } from './file-identity.ts';
import type { FileCheckpoint, FileState } from './file-identity.ts';
import { isCopyOf, matchContent, type Match } from './file-match.ts';
import { FileReader, readStart } from './file-reader.ts';
import type { LineFormat } from './parse-record.ts';
import type { Checkpoint, Gap } from './source.ts';
import { FileTroubles } from './troubles.ts';

/** A file that is gone or was rotated away is complete when it did not grow for this long. */
export const LINGER_MS = 5_000;
/** Files that are gone are remembered, the newest of them, in case they come back compressed. */
const GONE_MAX = 64;
/** Files held open; those that are idle are closed beyond this. */
const OPEN_MAX = 256;

export interface FileSetOptions extends Patterns {
  readonly format: LineFormat;
  readonly readFrom: 'beginning' | 'end';
  /** Files not written to for this long are not begun, in ms. */
  readonly ignoreOlderMs: number;
  readonly once: boolean;
}

interface Looked {
  readonly size: number;
  readonly mtimeMs: number;
}

/** All files of one source: finds them, tells rotated from new, and remembers how far each is read. */
export class FileSet implements AsyncDisposable {
  #readers: FileReader[] = [];
  /** Copies of files that are read already, and files too old to begin, as they were when that was found out. */
  #passed = new Map<string, Looked>();
  /** Located files as they were when their content was last compared. */
  #compared = new Map<FileReader, Looked>();
  #patterns: readonly string[];
  readonly #checkpoint: FileCheckpoint;
  readonly #options: FileSetOptions;
  readonly #clock: Clock;
  readonly #looking: FileTroubles;
  readonly #reading: FileTroubles;

  constructor(from: FileCheckpoint, options: FileSetOptions, clock: Clock, log: Log) {
    this.#checkpoint = from;
    this.#patterns = from.patterns;
    this.#options = options;
    this.#clock = clock;
    this.#looking = new FileTroubles(log);
    this.#reading = new FileTroubles(log);
    this.#readers = from.files.map((state) => new FileReader(state, options.format, clock.monotonic()));
  }

  /** Files that may have something to read, whether they still have a name or not. */
  get readable(): readonly FileReader[] {
    return this.#readers.filter(({ found, content, gzip, state }) => (found ?? content) && !(gzip && state?.done));
  }

  get names(): FileCheckpoint['names'] {
    return this.#checkpoint.names;
  }

  get troubles(): FileTroubles {
    return this.#reading;
  }

  checkpoint(): Checkpoint {
    const files = this.#readers.flatMap(({ state }) => (state ? [state] : []));
    return encodeCheckpoint({ patterns: this.#patterns, files, names: this.names });
  }

  /** Whether nobody will write to it any more, so that what follows its last line feed is a record. */
  isComplete(reader: FileReader): boolean {
    if (reader.gzip) return true;
    return (reader.found === null || reader.found.path !== reader.base) && this.#isStill(reader);
  }

  #isStill(reader: FileReader): boolean {
    return this.#options.once || this.#clock.monotonic() - reader.changedAt >= LINGER_MS;
  }

  /** A file was read to its end: close it if that was all (`complete`), or if too many are open. */
  async atEnd(reader: FileReader, complete: boolean): Promise<void> {
    if (reader.state) reader.state.done = complete;
    if (reader.found === null && complete) {
      await this.#drop(reader);
    } else if (reader.gzip || (reader.content && this.#readers.filter(({ content }) => content).length > OPEN_MAX)) {
      await reader[Symbol.asyncDispose]();
    }
  }

  /** Its content is not what was read before: the next scan compares it. */
  async suspect(reader: FileReader): Promise<void> {
    this.#compared.delete(reader);
    await reader[Symbol.asyncDispose]();
  }

  /**
   * A compressed file cannot be unpacked. Damage is lost for good; one that ends too early may still be written. Returns
   * what is lost.
   */
  giveUp(reader: FileReader, error: unknown): readonly Gap[] {
    const { code } = error as NodeJS.ErrnoException;
    const isLost =
      error instanceof GzipBomb || code === 'Z_DATA_ERROR' || (code === 'Z_BUF_ERROR' && this.#isStill(reader));
    if (!isLost || !reader.found) return [];
    const { path, found, state } = reader;
    if (state) state.done = true;
    else {
      this.#passed.set(reader.inode, found);
      this.#readers = this.#readers.filter((other) => other !== reader);
    }
    const what = `${path}, from byte ${state?.at ?? 0} of its content`;
    return [{ what, amount: null, why: (error as Error).message, since: new Date(found.mtimeMs).toISOString() }];
  }

  /** Looks at the disk. Returns what is known to be lost. */
  async scan(): Promise<readonly Gap[]> {
    const gaps: Gap[] = [];
    const bases = new Set(this.#readers.map(({ base }) => base));
    const files = await findFiles(this.#options, bases, this.#looking);
    const byInode = new Map(files.map((file) => [inodeOf(file), file]));
    const lost: FileReader[] = [];
    for (const reader of this.#readers) {
      const file = byInode.get(reader.inode);
      if (file && (await this.#continues(reader, file))) {
        reader.locate(file, this.#clock.monotonic());
        byInode.delete(reader.inode);
      } else lost.push(reader);
    }
    const present = new Map(files.map((file) => [inodeOf(file), file.path]));
    for (const reader of lost) gaps.push(...(await this.#search(reader, byInode, present)));
    for (const file of [...byInode.values()].sort(oldestFirst)) await this.#begin(file);
    for (const inode of this.#passed.keys()) if (!present.has(inode)) this.#passed.delete(inode);
    this.#patterns = this.#options.paths;
    this.#forgetOldest();
    return gaps;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) await reader[Symbol.asyncDispose]();
  }

  /** Whether the file with the reader's inode still is what it reads. When that cannot be told now, it is left as it is. */
  async #continues(reader: FileReader, file: FoundFile): Promise<boolean> {
    if (file.gzip !== reader.gzip) return false;
    const before = this.#compared.get(reader);
    if (before?.size === file.size && before.mtimeMs === file.mtimeMs) return true;
    const { state } = reader;
    const match = state ? await this.#compare(state, file) : file.size >= reader.reach ? 'same' : 'other';
    if (match === 'same') this.#compared.set(reader, file);
    return match === 'same' || match === null;
  }

  /** Looks for a file that is not where it was, under other names and compressed. */
  async #search(
    reader: FileReader,
    free: Map<string, FoundFile>,
    present: ReadonlyMap<string, string>,
  ): Promise<readonly Gap[]> {
    const { state, content } = reader;
    const inPlace = present.has(reader.inode);
    const before = reader.found;
    reader.lose(this.#clock.monotonic());
    // Deleted, but held open: what it still holds is read to its end first.
    if (!inPlace && content) {
      reader.rememberHalfLine(this.names);
      return [];
    }
    this.#compared.delete(reader);
    if (!state) {
      await this.#drop(reader);
      return [];
    }
    let prefix: FoundFile | null = null;
    let undecided = false;
    for (const file of free.values()) {
      if (inodeOf(file) === reader.inode || (state.gone && this.#isPassed(file))) continue;
      const match = await this.#compare(state, file);
      if (match === 'same') return this.#moveTo(reader, file, free, present.get(reader.inode) === state.path);
      if (match === 'prefix' && file.path !== state.path) prefix ??= file;
      undecided ||= match === null && file.base === reader.base;
    }
    if (prefix && !state.gone) return this.#moveTo(reader, prefix, free, true);
    if (undecided && !state.gone && !this.#isStill(reader)) {
      free.delete(reader.inode);
      return [];
    }
    const gaps = !state.gone && !state.done && state.at !== SKIPPED ? [lostGap(state, before, inPlace)] : [];
    if (!state.gone) await this.#drop(reader);
    return gaps;
  }

  async #moveTo(reader: FileReader, file: FoundFile, free: Map<string, FoundFile>, copied: boolean): Promise<Gap[]> {
    const state = reader.state!;
    const old = state.path;
    const wasKnown = state.gone || state.done;
    const at = this.#readers.indexOf(reader);
    await reader[Symbol.asyncDispose]();
    this.#compared.delete(reader);
    Object.assign(state, { path: file.path, done: false });
    const moved = new FileReader(state, this.#options.format, this.#clock.monotonic());
    moved.locate(file, this.#clock.monotonic());
    this.#readers[at] = moved;
    this.#compared.set(moved, file);
    free.delete(inodeOf(file));
    return copied && !wasKnown ? [copyGap(old, file.path)] : [];
  }

  /** A file that continues none that is known: a copy of one, one to skip, or a new one. */
  async #begin(file: FoundFile): Promise<void> {
    if (file.size === 0 || this.#isPassed(file)) return;
    const copied = await this.#isCopy(file);
    if (copied === null) return;
    if (copied || this.#clock.now() - file.mtimeMs > this.#options.ignoreOlderMs) {
      this.#passed.set(inodeOf(file), file);
      return;
    }
    const isOld = file.pattern !== null && !this.#patterns.includes(file.pattern);
    if (isOld && file.path !== file.base) return this.#skip(file, SKIPPED);
    if (isOld && this.#options.readFrom === 'end') return this.#skip(file, file.gzip ? SKIPPED : 'end');
    this.#add(file);
  }

  #isPassed(file: FoundFile): boolean {
    const passed = this.#passed.get(inodeOf(file));
    return passed?.size === file.size && passed.mtimeMs === file.mtimeMs;
  }

  /**
   * Whether it is a copy of a file that is read where it lies, made a moment ago to be truncated or compressed. `null`: that
   * cannot be told before the next look.
   */
  async #isCopy(file: FoundFile): Promise<boolean | null> {
    for (const reader of this.#readers) {
      if (!reader.found) reader.rememberHalfLine(this.names);
      const { state, found } = reader;
      if (state?.gone) continue;
      if (!state) {
        const alike = await this.#holdsNoMoreThan(file, reader);
        if (alike === true) return true;
        // It vanished a moment ago: the next look knows what became of it.
        if (alike === null && found && !existsSync(found.path)) return null;
        continue;
      }
      const match = await this.#compare(state, file);
      if (match === null) return null;
      if (match === 'other') continue;
      if (state.at === SKIPPED || !found) return true;
      const alike = await this.#holdsNoMore(file, found);
      if (alike) return true;
      // The original may have been truncated since it was looked at.
      if (alike === null || (await this.#compare(state, found)) !== 'same') return null;
    }
    return false;
  }

  /** The same for a file of which nothing was stored yet; deleted meanwhile, it is read on where it is held open. */
  async #holdsNoMoreThan(file: FoundFile, { found, content }: FileReader): Promise<boolean | null> {
    if (found) return await this.#holdsNoMore(file, found);
    return content ? await this.#withContent(file, (copy) => isCopyOf(copy, content)) : false;
  }

  #holdsNoMore(file: FoundFile, original: FoundFile): Promise<boolean | null> {
    return this.#withContent(file, (copy) => this.#withContent(original, (content) => isCopyOf(copy, content)));
  }

  /** Takes a file as read: whole, or up to its last line feed. */
  async #skip(file: FoundFile, to: typeof SKIPPED | 'end'): Promise<void> {
    await this.#withContent(file, async (content) => {
      const start = await readStart(content, this.#options.format);
      const begin = start?.begin ?? 0;
      const at = to === SKIPPED ? SKIPPED : await lastLineEnd(content, begin, file.size);
      if (at === begin) {
        this.#add(file);
        return;
      }
      const head = await content.bytes(begin, FINGERPRINT_BYTES);
      const print = at === SKIPPED ? head : head.subarray(0, at - begin);
      const tail =
        at === SKIPPED
          ? null
          : await content.bytes(Math.max(begin, at - FINGERPRINT_BYTES), Math.min(at - begin, FINGERPRINT_BYTES));
      const state: FileState = {
        id: this.names.take(firstLineHash(head)),
        base: file.base,
        path: file.path,
        dev: file.dev,
        ino: file.ino,
        begin,
        at,
        last: tail && [at - tail.length, tail.length, shortHash(tail)],
        print: [print.length, shortHash(print)],
        done: at === SKIPPED,
        gone: false,
      };
      const reader = new FileReader(state, this.#options.format, this.#clock.monotonic());
      reader.locate(file, this.#clock.monotonic());
      this.#readers.push(reader);
    });
  }

  #add(file: FoundFile): void {
    this.#readers.push(new FileReader(file, this.#options.format, this.#clock.monotonic()));
  }

  #compare(state: FileState, file: FoundFile): Promise<Match | null> {
    return this.#withContent(file, (content) => matchContent(state, content));
  }

  /** `null` when the file cannot be read now. */
  async #withContent<T>(file: FoundFile, use: (content: Content) => Promise<T>): Promise<T | null> {
    try {
      await using content = await openContent(file.path, file.gzip);
      return await use(content);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#reading.failed(file.path, error);
      return null;
    }
  }

  /** The file is gone for good; its state is kept for a while. What looked like a copy of it is looked at again. */
  async #drop(reader: FileReader): Promise<void> {
    await reader[Symbol.asyncDispose]();
    this.#passed.clear();
    if (reader.state) Object.assign(reader.state, { gone: true, done: true });
    else this.#readers = this.#readers.filter((other) => other !== reader);
  }

  #forgetOldest(): void {
    const gone = this.#readers.filter(({ state, content }) => state?.gone && !content);
    const excess = new Set(gone.slice(0, Math.max(0, gone.length - GONE_MAX - (this.#readers.length - gone.length))));
    if (excess.size > 0) this.#readers = this.#readers.filter((reader) => !excess.has(reader));
  }
}

/** A compressed file comes behind the one it is made from. */
const oldestFirst = (a: FoundFile, b: FoundFile): number => a.mtimeMs - b.mtimeMs || Number(a.gzip) - Number(b.gzip);

function lostGap({ path, at }: FileState, before: FoundFile | null, inPlace: boolean): Gap {
  return {
    what: `${path}, from byte ${at}`,
    amount: before && before.size > at ? `${before.size - at} bytes at least` : null,
    why: inPlace
      ? 'the file was truncated or replaced, and no copy of what it held was found'
      : 'the file is gone, and none with its content was found; what was written to it since it was read is unknown',
    since: before ? new Date(before.mtimeMs).toISOString() : null,
  };
}

const copyGap = (path: string, copy: string): Gap => ({
  what: `${path}, between its copy to ${copy} and its truncation`,
  amount: null,
  why: 'what is written between copying and truncating a file is lost to everybody, if there was anything',
  since: null,
});

/** The offset behind the last line feed, at least `begin`. */
async function lastLineEnd(content: Content, begin: number, size: number): Promise<number> {
  const from = Math.max(begin, size - LAST_LINE_SEARCH_BYTES);
  const end = (await content.bytes(from, size - from)).lastIndexOf(0x0a);
  return end === -1 ? (from === begin ? begin : size) : from + end + 1;
}

/** A half line longer than this is given up when reading begins at the end. */
const LAST_LINE_SEARCH_BYTES = 1024 * 1024;
