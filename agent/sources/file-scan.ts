import type { Clock } from '../../forwarders/clock.ts';
import type { Log } from '../../forwarders/forwarder.ts';
import { findFiles, inodeOf, type FoundFile, type Patterns } from './file-discovery.ts';
import { copyGap, cutGap, lostGap, unreadGap } from './file-gaps.ts';
import { SKIPPED, type FileState } from './file-identity.ts';
import { FileIntake, type FileIntakeOptions } from './file-intake.ts';
import { FileLooker } from './file-looker.ts';
import type { FileReader } from './file-reader.ts';
import type { FileSet } from './file-set.ts';
import { skipToEnd } from './file-skip.ts';
import { fullestFirst, goesOnIn, placeOf } from './file-verdict.ts';
import type { Place, Sighting } from './file-verdict.ts';
import type { Gap } from './source.ts';
import { FileTroubles } from './troubles.ts';

/**
 * Looks at the disk, and does to the set what that means: files stay, move, are gone, or begin. What it means is decided in
 * `file-verdict.ts`.
 */
export class FileScan {
  /** Files that cannot be read. */
  readonly troubles: FileTroubles;
  readonly #set: FileSet;
  readonly #patterns: Patterns;
  readonly #intake: FileIntake;
  readonly #looker: FileLooker;
  readonly #looking: FileTroubles;

  constructor(set: FileSet, options: FileIntakeOptions & Patterns, clock: Clock, log: Log) {
    this.#set = set;
    this.#patterns = options;
    this.#looking = new FileTroubles(log);
    this.troubles = new FileTroubles(log);
    this.#looker = new FileLooker({ ...options, clock, troubles: this.troubles });
    this.#intake = new FileIntake(set, this.#looker, options, clock);
  }

  /** Whether the last look left something that the next one can tell. */
  get isUnclear(): boolean {
    return this.#intake.isUnclear;
  }

  /** Looks at the disk. Returns what is known to be lost. */
  async look(): Promise<readonly Gap[]> {
    const bases = new Set(this.#set.readers.map(({ base }) => base));
    const files = await findFiles(this.#patterns, bases, this.#looking);
    const free = new Map(files.map((file) => [inodeOf(file), file]));
    const gaps = this.#forgetUnread(free);
    const astray = await this.#locate(free);
    const left = await this.#sight(free, astray);
    gaps.push(...(await this.#place(astray, left, files)));
    await this.#goOver(left);
    gaps.push(...(await this.#intake.take(left)));
    this.#intake.keep(files);
    this.#looker.keep(this.#set.readers);
    this.#set.patterns = this.#patterns.paths;
    this.#set.forgetOldest();
    return gaps;
  }

  /** What a reader reads is not what it read before: the next look compares it. */
  async suspect(reader: FileReader): Promise<void> {
    this.#looker.suspect(reader);
    reader.rememberHalfLine(this.#set.names);
    await reader[Symbol.asyncDispose]();
  }

  /** A file could not be read. Returns what is lost for good. */
  failed(reader: FileReader, error: unknown): readonly Gap[] {
    this.troubles.failed(reader.path, error);
    const { found, state } = reader;
    if (!found || !this.#looker.isDamage(error, found)) return [];
    if (state) state.done = true;
    else this.#set.forget(reader);
    return [this.#intake.giveUp(found, state?.at ?? 0, error as Error)];
  }

  /** Readers that never came to read: their files, where they still are, are begun anew. */
  #forgetUnread(free: ReadonlyMap<string, FoundFile>): Gap[] {
    const unread = this.#set.readers.filter(({ state, content }) => !state && !content);
    unread.forEach((reader) => this.#set.forget(reader));
    return unread.flatMap(({ seen }) => (seen && seen.size > 0 && !free.has(inodeOf(seen)) ? [unreadGap(seen)] : []));
  }

  /** Takes the files that are where they were from `free`. Returns the readers of the others. */
  async #locate(free: Map<string, FoundFile>): Promise<readonly FileReader[]> {
    const astray: FileReader[] = [];
    for (const reader of this.#set.readers.toSorted(openFirst)) {
      const file = free.get(reader.inode);
      if (file && (await this.#looker.isHere(reader, file))) {
        reader.locate(file);
        free.delete(reader.inode);
        continue;
      }
      reader.lose(this.#set.names);
      // Deleted, but held open: what it still holds is read to its end first.
      if (!file && reader.content) continue;
      await reader[Symbol.asyncDispose]();
      if (reader.state) astray.push(reader);
      else this.#set.forget(reader);
    }
    return astray;
  }

  /** Compares the files that are left with all that is known, oldest first. */
  async #sight(free: ReadonlyMap<string, FoundFile>, astray: readonly FileReader[]): Promise<Set<Sighting>> {
    const isAnyMissed = astray.some(({ state }) => !state?.gone);
    const sightings = new Set<Sighting>();
    for (const file of [...free.values()].sort(oldestFirst)) {
      const isPassed = this.#intake.hasPassed(file);
      if (file.size === 0 || (isPassed && !isAnyMissed)) continue;
      sightings.add(await this.#looker.sight(file, this.#set.readers, isPassed));
    }
    return sightings;
  }

  /** Finds files that are not where they were, under other names and compressed, and takes those from `left`. */
  async #place(astray: readonly FileReader[], left: Set<Sighting>, files: readonly FoundFile[]): Promise<Gap[]> {
    const gaps: Gap[] = [];
    const missed: FileReader[] = [];
    const place = (reader: FileReader): Place => placeOf(reader.state!, [...left], !this.#set.isStill(reader));
    for (const reader of astray) {
      const now = place(reader);
      if (now.kind === 'moved') gaps.push(...this.#move(reader, take(left, now.sighting), files));
      else if (!reader.state!.gone) missed.push(reader);
    }
    for (const reader of missed) {
      const now = place(reader);
      if (now.kind === 'cut') gaps.push(...(await this.#moveToCut(reader, take(left, now.sighting))));
      else if (now.kind === 'gone') gaps.push(...drop(reader, files));
    }
    return gaps;
  }

  #move({ state, inode }: FileReader, { file }: Sighting, files: readonly FoundFile[]): readonly Gap[] {
    const { path: old, gone, done } = state!;
    const isTruncated = files.some((other) => other.path === old && inodeOf(other) === inode);
    state!.done = false;
    this.#set.resume(state!, file);
    return isTruncated && !gone && !done ? [copyGap(old, file.path)] : [];
  }

  /** The copy counts as read to where it ends. */
  async #moveToCut({ state, seen }: FileReader, { file, isPassed }: Sighting): Promise<readonly Gap[]> {
    const end = await this.#looker.ask(file, (content) => skipToEnd(content, state!.begin));
    if (!end) return [];
    // All was read before it was gone, and compared with the copy.
    const gaps = state!.done && isPassed ? [] : [cutGap(state!, file.path, seen)];
    Object.assign(state!, { ...end, done: true });
    this.#set.resume(state!, file);
    return gaps;
  }

  /** Goes over from copies to what they were made of, where a copy was found first. */
  async #goOver(left: Set<Sighting>): Promise<void> {
    const gone = new Set<FileState>();
    for (const sighting of [...left].sort(fullestFirst)) {
      const state = goesOnIn(sighting);
      if (!state || gone.has(state) || this.#intake.isTooOld(sighting.file)) continue;
      gone.add(state);
      await this.#set.readers.find((reader) => reader.state === state)?.[Symbol.asyncDispose]();
      state.done = false;
      this.#set.resume(state, take(left, sighting).file);
    }
  }
}

function take(left: Set<Sighting>, sighting: Sighting): Sighting {
  left.delete(sighting);
  return sighting;
}

/** The file is gone for good; its state is kept for a while. */
function drop({ state, seen }: FileReader, files: readonly FoundFile[]): readonly Gap[] {
  const { path, done, at } = state!;
  Object.assign(state!, { gone: true, done: true });
  return done || at === SKIPPED ? [] : [lostGap(state!, seen, files.some((file) => file.path === path))]; // prettier-ignore
}

/** Of two readers of one inode the one that holds it open is right. */
const openFirst = (a: FileReader, b: FileReader): number => Number(b.content !== null) - Number(a.content !== null);

/** A compressed file comes behind the one it is made from. */
const oldestFirst = (a: FoundFile, b: FoundFile): number => a.mtimeMs - b.mtimeMs || Number(a.gzip) - Number(b.gzip);
