import type { Clock } from '../../forwarders/clock.ts';
import { GzipBomb, openFound, type Content } from './file-content.ts';
import type { FoundFile } from './file-discovery.ts';
import { FINGERPRINT_BYTES } from './file-identity.ts';
import { isCopyOf, matchContent, matcher, type Match } from './file-match.ts';
import { FileMemory } from './file-memory.ts';
import type { FileReader } from './file-reader.ts';
import { readStart } from './file-start.ts';
import type { Extent, Kin, Sighting } from './file-verdict.ts';
import type { LineFormat } from './parse-record.ts';
import type { FileTroubles } from './troubles.ts';

/** A compressed file that ends too early and was not written to for this long is not going to be complete. */
const UNFINISHED_MS = 5_000;
const NOTHING = Buffer.alloc(0);

export interface LookerParts {
  readonly format: LineFormat;
  readonly once: boolean;
  readonly clock: Clock;
  readonly troubles: FileTroubles;
}

/**
 * Compares what lies on the disk with what is known. Whatever is asked of a file is asked of the very file that the look
 * found, held open; when another lies there by now, the answer is `null`: the next look knows more.
 */
export class FileLooker {
  /** Files as they were when they were found to be what their readers read. */
  readonly #compared: FileMemory<FileReader>;
  readonly #parts: LookerParts;

  constructor(parts: LookerParts) {
    this.#compared = new FileMemory(parts.clock);
    this.#parts = parts;
  }

  /** Whether the file with the reader's inode still is what it reads. When that cannot be told now, it is left as it is. */
  async isHere(reader: FileReader, file: FoundFile): Promise<boolean> {
    const { state, content } = reader;
    if (file.gzip !== reader.gzip) return false;
    // There is nothing to compare; but no other file has the inode of one that is held open.
    if (!state) return content !== null;
    if (this.#compared.has(reader, file)) return true;
    const compare = (known: Content): Promise<Match> => matchContent(state, known);
    const match = await (content ? this.#askOf(reader, compare) : this.ask(file, compare));
    if (match === 'same') this.#compared.add(reader, file);
    return match === 'same' || (match === null && !state.gone);
  }

  /** Its content is not what was read: the next look compares it, whatever the time stamps say. */
  suspect(reader: FileReader): void {
    this.#compared.delete(reader);
  }

  /** What a file has to do with everything known. */
  async sight(file: FoundFile, readers: readonly FileReader[], isPassed: boolean): Promise<Sighting> {
    const seen = { file, isPassed, kin: null, head: NOTHING, damage: null };
    try {
      await using content = await openFound(file);
      if (!content) return seen;
      const start = await readStart(content, this.#parts.format);
      const head = start ? await content.bytes(start.begin, FINGERPRINT_BYTES) : NOTHING;
      return { ...seen, head, kin: await this.#kinOf(content, readers) };
    } catch (error) {
      this.#parts.troubles.failed(file.path, error);
      return { ...seen, damage: this.isDamage(error, file) ? (error as Error) : null };
    }
  }

  /** Whether what cannot be unpacked is lost. A file that ends too early may still be written. */
  isDamage(error: unknown, { ctimeMs }: FoundFile): boolean {
    const { code } = error as NodeJS.ErrnoException;
    const isFinished = this.#parts.once || this.#parts.clock.now() - ctimeMs >= UNFINISHED_MS;
    return error instanceof GzipBomb || code === 'Z_DATA_ERROR' || (code === 'Z_BUF_ERROR' && isFinished);
  }

  /** Forgets all other readers. */
  keep(readers: readonly FileReader[]): void {
    this.#compared.keep(new Set(readers));
  }

  /** `null` when the file cannot be read now. */
  async ask<T>(file: FoundFile, use: (content: Content) => Promise<T>): Promise<T | null> {
    try {
      await using content = await openFound(file);
      return content && (await use(content));
    } catch (error) {
      this.#parts.troubles.failed(file.path, error);
      return null;
    }
  }

  /** The same for the file of a reader, where it is held open or was found. */
  async #askOf<T>(reader: FileReader, use: (content: Content) => Promise<T>): Promise<T | null> {
    const { content, found, path } = reader;
    if (!content) return found && this.ask(found, use);
    try {
      return await use(content);
    } catch (error) {
      this.#parts.troubles.failed(path, error);
      return null;
    }
  }

  async #kinOf(content: Content, readers: readonly FileReader[]): Promise<readonly Kin[]> {
    const matches = matcher(content);
    const kin: Kin[] = [];
    for (const reader of readers) {
      const { state } = reader;
      const match = state ? await matches(state) : 'stub';
      if (match !== 'other') kin.push({ state, match, extent: await this.#extent(content, match, reader) });
    }
    return kin;
  }

  async #extent(content: Content, match: Match, reader: FileReader): Promise<Extent> {
    const { found, state } = reader;
    const extent = await this.#askOf(reader, async (known) => {
      if (await isCopyOf(content, known)) return 'copy';
      // A copy moved over its original, and written to since: once the original is read to its end, reading goes on there.
      if (match === 'same' && !found) return 'unclear';
      const isWithin = match === 'same' && !reader.gzip && (await isCopyOf(known, content));
      // Looked at after comparing: it may have been truncated before.
      const isKnown = state ? (await matchContent(state, known)) === 'same' : await reader.isUnchanged();
      if (!isKnown) return 'unclear';
      return isWithin ? 'fuller' : 'other';
    });
    return extent ?? 'unclear';
  }
}
