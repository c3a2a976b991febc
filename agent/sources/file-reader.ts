import { csvColumns } from './csv.ts';
import { openContent, type Content } from './file-content.ts';
import { inodeOf, type FoundFile } from './file-discovery.ts';
import { FINGERPRINT_BYTES, firstLineHash, HASH_DIGITS, shortHash, SKIPPED } from './file-identity.ts';
import type { FileNames, FileState } from './file-identity.ts';
import { holdsLastLine } from './file-match.ts';
import { LineSplitter, type Line } from './lines.ts';
import type { PageRecords } from './pages.ts';
import { LineParser, type LineFormat } from './parse-record.ts';

/** Why a turn ended: the page is full, nothing more is there now, or the file is not what it was. */
export type TurnEnd = 'full' | 'end' | 'changed';

/** Bytes of an unfinished line that are compared before what was read behind it is believed. */
const PENDING_CHECKED_BYTES = 1024;
const NOTHING = new Uint8Array();
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

interface Open {
  readonly content: Content;
  readonly begin: number;
  readonly splitter: LineSplitter;
  readonly parser: LineParser;
  /** The first bytes from `begin`, as they were read: what a fingerprint is made from. */
  head: Buffer;
}

/** One file: where it lies, what is known of its content, and how far it is read. */
export class FileReader implements AsyncDisposable {
  /** `null` until its first record is read. */
  state: FileState | null;
  /** As the last look found it; `null` when it is not on disk any more. */
  found: FoundFile | null;
  readonly gzip: boolean;
  /** When it was last seen to grow or to move, by the monotonic clock. */
  changedAt: number;
  /** Its inode, also once it is deleted. */
  #inode: string;
  #open: Open | null = null;
  #held: Line | null = null;
  readonly #base: string;
  readonly #path: string;
  readonly #format: LineFormat;

  constructor(file: FoundFile | FileState, format: LineFormat, now: number) {
    this.state = 'id' in file ? file : null;
    this.found = 'id' in file ? null : file;
    this.gzip = file.path.endsWith('.gz');
    this.#inode = inodeOf(file);
    this.#base = file.base;
    this.#path = file.path;
    this.#format = format;
    this.changedAt = now;
  }

  get inode(): string {
    return this.#inode;
  }

  get path(): string {
    return this.found?.path ?? this.#path;
  }

  get base(): string {
    return this.#base;
  }

  /** Its content, where it is open. */
  get content(): Content | null {
    return this.#open?.content ?? null;
  }

  /** Bytes read so far, half lines included. */
  get reach(): number {
    return this.#open?.splitter.end ?? 0;
  }

  /** Bytes of a line that has no end yet. */
  get pendingBytes(): number {
    return this.#open ? this.#open.splitter.end - this.#open.splitter.position : 0;
  }

  /** The file was found, under this or another name. */
  locate(file: FoundFile, now: number): void {
    const before = this.found;
    if (before?.path !== file.path || before.size !== file.size) this.changedAt = now;
    this.found = file;
    this.#inode = inodeOf(file);
    if (!this.state) return;
    Object.assign(this.state, { path: file.path, dev: file.dev, ino: file.ino, gone: false });
    if (before && before.size !== file.size && this.state.at !== SKIPPED) this.state.done = false;
  }

  /** Makes a half line known before it is a record: were the file deleted and the agent stopped, it would be forgotten. */
  rememberHalfLine(names: FileNames): void {
    if (this.#open && this.pendingBytes > 0) this.state ??= this.#newState(this.#open, names);
  }

  /** The file is not where it was. */
  lose(now: number): void {
    if (this.found) this.changedAt = now;
    this.found = null;
  }

  /**
   * Reads records onto the page until it is full or the file has no more. `finish`: what follows the last line feed is a
   * record too, since nobody will write the rest of it. Throws what the file system or the decompression throws.
   */
  async turn(page: PageRecords, names: FileNames, finish: boolean, now: number): Promise<TurnEnd> {
    if (this.state?.at === SKIPPED) return 'end';
    const open = (this.#open ??= await this.#prepare());
    if (!open) return 'end';
    const stored: Stored = { at: this.state?.at ?? open.begin, line: null, hash: '' };
    try {
      return await this.#fill(page, names, finish, now, open, stored);
    } finally {
      // Also when reading failed on the way: what is on the page must not be read again.
      if (this.state) note(this.state, open.head, stored);
    }
  }

  /** Lets go of the file. What is not stored is read again when it is opened again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const open = this.#open;
    this.#open = null;
    this.#held = null;
    await open?.content[Symbol.asyncDispose]();
  }

  async #fill(
    page: PageRecords,
    names: FileNames,
    finish: boolean,
    now: number,
    open: Open,
    stored: Stored,
  ): Promise<TurnEnd> {
    for (;;) {
      const line = this.#held ?? open.splitter.next();
      this.#held = null;
      if (line === null) {
        const end = await this.#more(open, finish, now);
        if (end) return end;
        continue;
      }
      if (!page.takes(line.bytes.length)) {
        this.#held = line;
        return 'full';
      }
      const parsed = open.parser.parse(line);
      if (parsed) {
        const { id } = (this.state ??= this.#newState(open, names));
        page.add({ ...parsed, nativeId: `${id}:${line.start}:${parsed.hash.slice(0, HASH_DIGITS)}`, path: this.path });
        stored.line = line;
        stored.hash = parsed.hash;
      }
      stored.at = line.next;
    }
  }

  async #more(open: Open, finish: boolean, now: number): Promise<TurnEnd | null> {
    const { content, splitter } = open;
    const block = await content.next();
    // Looked at after reading: were the file rewritten before, the block would be of another content.
    if (!this.gzip && !(await this.#unchanged(content, splitter))) return 'changed';
    if (block) {
      if (open.head.length < FINGERPRINT_BYTES) {
        open.head = Buffer.concat([open.head, block.subarray(0, FINGERPRINT_BYTES)]).subarray(0, FINGERPRINT_BYTES);
      }
      splitter.push(block);
      if (!this.gzip) this.changedAt = now;
      return null;
    }
    if (!finish) return 'end';
    this.#held = splitter.rest();
    return this.#held ? null : 'end';
  }

  async #unchanged(content: Content, splitter: LineSplitter): Promise<boolean> {
    if ((await content.size())! < splitter.end) return false;
    const pending = splitter.pending.subarray(0, PENDING_CHECKED_BYTES);
    if (pending.length > 0 && !pending.equals(await content.bytes(splitter.position, pending.length))) return false;
    return this.state === null || (await holdsLastLine(this.state, content));
  }

  async #prepare(): Promise<Open | null> {
    const content = await openContent(this.path, this.gzip);
    try {
      const start = await readStart(content, this.#format);
      if (!start) {
        await content[Symbol.asyncDispose]();
        return null;
      }
      const at = this.state?.at ?? start.begin;
      const head = await content.bytes(start.begin, Math.min(at - start.begin, FINGERPRINT_BYTES));
      await content.seek(at);
      const parser = new LineParser(this.#format, start.columns);
      const splitter = new LineSplitter(at, this.#format === 'csv');
      return { content, begin: start.begin, splitter, parser, head };
    } catch (error) {
      await content[Symbol.asyncDispose]();
      throw error;
    }
  }

  #newState({ head, begin }: Open, names: FileNames): FileState {
    const id = names.take(firstLineHash(head));
    const [dev, ino] = this.#inode.split(':').map(Number) as [number, number];
    const { path } = this;
    return {
      id,
      base: this.#base,
      path,
      dev,
      ino,
      begin,
      at: begin,
      last: null,
      print: [0, shortHash(NOTHING)],
      done: false,
      gone: false,
    };
  }
}

/** How far a turn came: what the state says once the page is stored. */
interface Stored {
  at: number;
  line: Line | null;
  hash: string;
}

function note(state: FileState, head: Buffer, { at, line, hash }: Stored): void {
  if (at !== state.at) state.done = false;
  state.at = at;
  if (line) {
    const shortened = line.whole ? shortHash(line.bytes) : hash.slice(0, HASH_DIGITS);
    state.last = [line.start, line.bytes.length, shortened];
  }
  const printed = Math.min(FINGERPRINT_BYTES, at - state.begin);
  if (state.print[0] < printed) state.print = [printed, shortHash(head.subarray(0, printed))];
}

/** Where the lines begin, and for CSV their columns; `null` while the header is not complete. */
export async function readStart(
  content: Content,
  format: LineFormat,
): Promise<{ readonly begin: number; readonly columns: readonly string[] | null } | null> {
  if (format === 'ndjson') {
    const begin = BOM.equals(await content.bytes(0, BOM.length)) ? BOM.length : 0;
    return { begin, columns: null };
  }
  const splitter = new LineSplitter(0, true);
  await content.seek(0);
  for (let block = await content.next(); block; block = await content.next()) {
    splitter.push(block);
    const line = splitter.next();
    if (line) return { begin: line.next, columns: csvColumns(line.bytes.toString('utf8')) ?? [] };
  }
  return null;
}
