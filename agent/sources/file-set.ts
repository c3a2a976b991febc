import type { Clock } from '../../forwarders/clock.ts';
import type { FoundFile } from './file-discovery.ts';
import { encodeCheckpoint, type FileCheckpoint, type FileNames, type FileState } from './file-identity.ts';
import { FileReader } from './file-reader.ts';
import type { LineFormat } from './parse-record.ts';
import type { Checkpoint } from './source.ts';

/** A file that is gone or was rotated away is complete when it did not grow for this long. */
export const LINGER_MS = 5_000;
/** Files that are gone are remembered, the newest of them, in case they come back compressed. */
const GONE_MAX = 64;
/** Files held open; those that are idle are closed beyond this. */
const OPEN_MAX = 256;

export interface FileSetOptions {
  readonly format: LineFormat;
  readonly once: boolean;
}

/** All files of one source, how far each is read, and which is read to its end. `FileScan` finds them. */
export class FileSet implements AsyncDisposable {
  readonly names: FileNames;
  /** The patterns of the last look. */
  patterns: readonly string[];
  #readers: FileReader[];
  readonly #options: FileSetOptions;
  readonly #clock: Clock;

  constructor(from: FileCheckpoint, options: FileSetOptions, clock: Clock) {
    this.names = from.names;
    this.patterns = from.patterns;
    this.#options = options;
    this.#clock = clock;
    this.#readers = from.files.map((state) => this.#reader(state));
  }

  get readers(): readonly FileReader[] {
    return this.#readers;
  }

  /** Files that may have something to read, whether they still have a name or not. */
  get readable(): readonly FileReader[] {
    return this.#readers.filter(({ found, content, gzip, state }) => (found ?? content) && !(gzip && state?.done));
  }

  checkpoint(): Checkpoint {
    const files = this.#readers.flatMap(({ state }) => (state ? [state] : []));
    return encodeCheckpoint({ patterns: this.patterns, files, names: this.names });
  }

  /** Whether nobody will write to it any more, so that what follows its last line feed is a record. */
  isComplete(reader: FileReader): boolean {
    if (reader.gzip) return true;
    return (reader.found === null || reader.found.path !== reader.base) && this.isStill(reader);
  }

  /** Whether it neither grew nor moved for a while. */
  isStill(reader: FileReader): boolean {
    return this.#options.once || this.#clock.monotonic() - reader.changedAt >= LINGER_MS;
  }

  /** A file was read to its end: close it if that was all (`complete`), or if too many are open. */
  async atEnd(reader: FileReader, complete: boolean): Promise<void> {
    const { state } = reader;
    if (state) state.done = complete || (state.done && reader.pendingBytes === 0);
    const isOver = reader.gzip || (complete && !reader.found);
    const areMany = reader.content && this.#readers.filter(({ content }) => content).length > OPEN_MAX;
    if (isOver || areMany) await reader[Symbol.asyncDispose]();
  }

  begin(file: FoundFile): void {
    this.#readers.push(this.#reader(file));
  }

  /** Goes on with what is known, at a file that was found to hold it. */
  resume(state: FileState, file: FoundFile): void {
    state.path = file.path;
    const reader = this.#reader(state);
    reader.locate(file);
    const at = this.#readers.findIndex((other) => other.state === state);
    this.#readers.splice(at === -1 ? this.#readers.length : at, 1, reader);
  }

  forget(reader: FileReader): void {
    this.#readers = this.#readers.filter((other) => other !== reader);
  }

  forgetOldest(): void {
    const gone = this.#readers.filter(({ state }) => state?.gone);
    const excess = new Set(gone.slice(0, Math.max(0, gone.length - GONE_MAX - (this.#readers.length - gone.length))));
    if (excess.size > 0) this.#readers = this.#readers.filter((reader) => !excess.has(reader));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) await reader[Symbol.asyncDispose]();
  }

  #reader(file: FoundFile | FileState): FileReader {
    return new FileReader(file, this.#options.format, this.#clock);
  }
}
