import type { Clock } from '../../forwarders/clock.ts';
import type { FoundFile } from './file-discovery.ts';

/**
 * The coarsest step of time stamps (of FAT). A file that changed less than this ago may change once more, in the same step
 * and to the same size, and nothing would show it.
 */
const TIME_STAMP_STEP_MS = 2_000;

/** Remembers files as they were when something was found out about them, which holds until they change. */
export class FileMemory<Key> {
  readonly #files = new Map<Key, FoundFile>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(key: Key, file: FoundFile): boolean {
    const before = this.#files.get(key);
    return before?.size === file.size && before.mtimeMs === file.mtimeMs && before.ctimeMs === file.ctimeMs;
  }

  /** Not remembered while its time stamps would not show the next change. */
  add(key: Key, file: FoundFile): void {
    if (Math.abs(this.#clock.now() - file.ctimeMs) > TIME_STAMP_STEP_MS) this.#files.set(key, file);
    else this.#files.delete(key);
  }

  /** Remembered even so: what was said about it must not be said again. */
  addForGood(key: Key, file: FoundFile): void {
    this.#files.set(key, file);
  }

  delete(key: Key): void {
    this.#files.delete(key);
  }

  /** Forgets all but these. */
  keep(keys: ReadonlySet<Key>): void {
    for (const key of this.#files.keys()) if (!keys.has(key)) this.#files.delete(key);
  }
}
