import type { Clock } from '../../forwarders/clock.ts';
import { inodeOf, type FoundFile } from './file-discovery.ts';
import { damageGap } from './file-gaps.ts';
import { SKIPPED } from './file-identity.ts';
import type { FileLooker } from './file-looker.ts';
import { FileMemory } from './file-memory.ts';
import type { FileSet, FileSetOptions } from './file-set.ts';
import { skip } from './file-skip.ts';
import { fullestOfAlike, meaningOf, type Sighting } from './file-verdict.ts';
import type { Gap } from './source.ts';

export interface FileIntakeOptions extends FileSetOptions {
  readonly readFrom: 'beginning' | 'end';
  /** Files not written to for this long are not begun, in ms. */
  readonly ignoreOlderMs: number;
}

/** Files that hold nothing of what is known: begins those that are new, and passes by the others. */
export class FileIntake {
  /** By inode: copies of files that are read already, files too old to begin, and damaged ones. */
  readonly #passed: FileMemory<string>;
  readonly #set: FileSet;
  readonly #looker: FileLooker;
  readonly #options: FileIntakeOptions;
  readonly #clock: Clock;
  #isUnclear = false;

  constructor(set: FileSet, looker: FileLooker, options: FileIntakeOptions, clock: Clock) {
    this.#passed = new FileMemory(clock);
    this.#set = set;
    this.#looker = looker;
    this.#options = options;
    this.#clock = clock;
  }

  /** Whether a file was left to the next look, which can tell more. */
  get isUnclear(): boolean {
    return this.#isUnclear;
  }

  /** Returns what of them is lost. */
  async take(left: ReadonlySet<Sighting>): Promise<readonly Gap[]> {
    const gaps: Gap[] = [];
    const fresh: Sighting[] = [];
    this.#isUnclear = false;
    for (const sighting of left) {
      const { file, kin, damage, head } = sighting;
      if (sighting.isPassed) continue;
      const meaning = meaningOf(sighting);
      if (meaning === 'copy' || this.isTooOld(file)) this.#passed.add(inodeOf(file), file);
      else if (damage) gaps.push(this.giveUp(file, 0, damage));
      else if (meaning === 'new' && !(await this.#skipOld(file))) fresh.push(sighting);
      else if (meaning === 'unclear') this.#isUnclear ||= kin !== null && head.length > 0;
    }
    const begun = fullestOfAlike(fresh);
    this.#isUnclear ||= begun.length < fresh.length;
    for (const { file } of begun) this.#set.begin(file);
    return gaps;
  }

  /** A file is damaged: it is read again when it changes. */
  giveUp(file: FoundFile, at: number, damage: Error): Gap {
    this.#passed.addForGood(inodeOf(file), file);
    return damageGap(file, at, damage);
  }

  /** Whether it was looked at, and there was nothing in it to read. */
  hasPassed(file: FoundFile): boolean {
    return this.#passed.has(inodeOf(file), file);
  }

  isTooOld({ mtimeMs }: FoundFile): boolean {
    return this.#clock.now() - mtimeMs > this.#options.ignoreOlderMs;
  }

  /** Forgets all other files. */
  keep(files: readonly FoundFile[]): void {
    this.#passed.keep(new Set(files.map(inodeOf)));
  }

  /** Whether it was there before its pattern was first used, and is not to be read from its beginning. */
  async #skipOld(file: FoundFile): Promise<boolean> {
    const isOld = file.pattern !== null && !this.#set.patterns.includes(file.pattern);
    const isAtEnd = this.#options.readFrom === 'end';
    if (!isOld || (file.path === file.base && !isAtEnd)) return false;
    const to = file.path !== file.base || file.gzip ? SKIPPED : 'end';
    const skipped = await this.#looker.ask(file, async (content) => ({
      state: await skip(content, file, to, this.#options.format, this.#set.names),
    }));
    if (skipped?.state) this.#set.resume(skipped.state, file);
    return skipped === null || skipped.state !== null;
  }
}
