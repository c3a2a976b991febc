import type { Clock } from '../../forwarders/clock.ts';
import { openFound, type Content } from './file-content.ts';
import { inodeOf, type FoundFile } from './file-discovery.ts';
import { FINGERPRINT_BYTES, firstLineHash, HASH_DIGITS, shortHash, SKIPPED } from './file-identity.ts';
import type { FileNames, FileState } from './file-identity.ts';
import { holdsLastLine } from './file-match.ts';
import { startReading, type Open } from './file-start.ts';
import type { Line } from './lines.ts';
import type { PageRecords } from './pages.ts';
import type { LineFormat } from './parse-record.ts';

export type TurnEnd =
  /** The page is full. */
  | 'full'
  /** Nothing more is there now. */
  | 'end'
  /** Nothing more is there, and nobody writes to it any more. */
  | 'complete'
  /** The content is not what was read before. */
  | 'changed'
  /** The file that was found is not where it was found. */
  | 'absent';

/** Bytes of an unfinished line that are compared before what was read behind it is believed. */
const PENDING_CHECKED_BYTES = 1024;
const NOTHING = new Uint8Array();

/** One file: where it lies, what is known of its content, and how far it is read. */
export class FileReader implements AsyncDisposable {
  /** `null` until its first record is read. */
  state: FileState | null;
  /** As the last look found it; `null` when it is not on disk any more. */
  found: FoundFile | null;
  /** The same, also when it is not there any more. */
  seen: FoundFile | null;
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
  readonly #clock: Clock;

  constructor(file: FoundFile | FileState, format: LineFormat, clock: Clock) {
    this.state = 'id' in file ? file : null;
    this.found = 'id' in file ? null : file;
    this.seen = this.found;
    this.gzip = file.path.endsWith('.gz');
    this.#inode = inodeOf(file);
    this.#base = file.base;
    this.#path = file.path;
    this.#format = format;
    this.#clock = clock;
    this.changedAt = clock.monotonic();
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

  /** Bytes of a line that has no end yet. */
  get pendingBytes(): number {
    return this.#open ? this.#open.splitter.end - this.#open.splitter.position : 0;
  }

  /** The file was found, under this or another name. */
  locate(file: FoundFile): void {
    const before = this.found;
    if (before?.path !== file.path || before.size !== file.size) this.changedAt = this.#clock.monotonic();
    this.found = file;
    this.seen = file;
    this.#inode = inodeOf(file);
    if (!this.state) return;
    Object.assign(this.state, { path: file.path, dev: file.dev, ino: file.ino, gone: false });
    if (before && before.size !== file.size && this.state.at !== SKIPPED) this.state.done = false;
  }

  /** Makes a half line known before it is a record: were the file deleted and the agent stopped, it would be forgotten. */
  rememberHalfLine(names: FileNames): void {
    if (this.state || !this.#open || this.pendingBytes === 0) return;
    const { position, pending } = this.#open.splitter;
    this.state = this.#newState(this.#open, names);
    this.state.last = [
      position,
      Math.min(pending.length, FINGERPRINT_BYTES),
      shortHash(pending.subarray(0, FINGERPRINT_BYTES)),
    ];
  }

  /** The file is not where it was. Its content, where it is open, can still be read. */
  lose(names: FileNames): void {
    if (this.found) this.changedAt = this.#clock.monotonic();
    this.found = null;
    this.rememberHalfLine(names);
  }

  /** Whether its content, where it is open, still is what was read. */
  async isUnchanged(): Promise<boolean> {
    return this.#open !== null && (await this.#unchanged(this.#open));
  }

  /**
   * Reads records onto the page until it is full or the file has no more. `isComplete`: whether nobody will write to it any
   * more; what follows the last line feed is a record then. Throws what the file system or the decompression throws.
   */
  async turn(page: PageRecords, names: FileNames, isComplete: () => boolean): Promise<TurnEnd> {
    if (this.state?.at === SKIPPED) return 'end';
    const open = this.#open ?? (await this.#prepare());
    if (typeof open === 'string') return open;
    this.#open = open;
    const stored: Stored = { at: this.state?.at ?? open.begin, line: null, hash: '' };
    try {
      return await this.#fill(page, names, isComplete, open, stored);
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
    isComplete: () => boolean,
    open: Open,
    stored: Stored,
  ): Promise<TurnEnd> {
    for (;;) {
      const line = this.#held ?? open.splitter.next();
      this.#held = null;
      if (line === null) {
        // With this the next block is compared.
        if (this.state) note(this.state, open.head, stored);
        const end = await this.#more(open, isComplete);
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

  async #more(open: Open, isComplete: () => boolean): Promise<TurnEnd | null> {
    const { content, splitter } = open;
    // Asked before reading, once: the moment that says that nobody writes any more must not lie behind the last look.
    const complete = isComplete();
    const block = await content.next();
    // Looked at after reading: were the file rewritten before, the block would be of another content.
    if (!this.gzip && !(await this.#unchanged(open))) return 'changed';
    if (block) {
      if (open.head.length < FINGERPRINT_BYTES) {
        open.head = Buffer.concat([open.head, block.subarray(0, FINGERPRINT_BYTES)]).subarray(0, FINGERPRINT_BYTES);
      }
      splitter.push(block);
      if (!this.gzip) this.changedAt = this.#clock.monotonic();
      return null;
    }
    if (!complete) return 'end';
    this.#held = splitter.rest();
    return this.#held ? null : 'complete';
  }

  async #unchanged({ content, splitter }: Open): Promise<boolean> {
    const size = await content.size();
    if (size !== null && size < splitter.end) return false;
    const pending = splitter.pending.subarray(0, PENDING_CHECKED_BYTES);
    if (pending.length > 0 && !pending.equals(await content.bytes(splitter.position, pending.length))) return false;
    return this.state === null || (await holdsLastLine(this.state, content));
  }

  /** Opens the file, and looks whether it holds what the state says: what a look compared may be another's by now. */
  async #prepare(): Promise<Open | TurnEnd> {
    const content = this.found && (await openFound(this.found));
    if (!content) return 'absent';
    const open = await startReading(content, this.state, this.#format).catch(async (error: unknown) => {
      await content[Symbol.asyncDispose]();
      throw error;
    });
    if (typeof open === 'string') await content[Symbol.asyncDispose]();
    return open;
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
