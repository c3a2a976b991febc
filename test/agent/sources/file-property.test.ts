import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { appendFile, copyFile, readdir, readFile, rename, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LINGER_MS } from '../../../agent/sources/file-set.ts';
import { Follower, fileOptions, temporaryFolder } from './follower.ts';

const STEPS = [
  'append', 'append half a line', 'finish the line', 'rename', 'copytruncate', 'copy', 'truncate what was copied',
  'delete and create', 'compress the rotated', 'stop', 'start', 'kill before storing', 'look',
] as const; // prettier-ignore
type Step = (typeof STEPS)[number];

/** A log and whoever writes and rotates it; knows every line that was written, by its mark. */
class Writer {
  readonly written = new Map<number, string>();
  /** Lines of files that were deleted or emptied while nobody had looked at them: nobody can know of those. */
  readonly unknowable = new Set<number>();
  /** Lines written since the last look. */
  #fresh: number[] = [];
  #half: { mark: number; rest: string } | null = null;
  /** What the copy holds that was made of the log, until the log is rotated. */
  #copied: ReadonlyMap<number, string> | null = null;
  #marks = 0;
  #rotations = 0;
  readonly log: string;

  constructor(log: string) {
    this.log = log;
  }

  async append(count: number): Promise<void> {
    await this.finish();
    for (let i = 0; i < count; i++) {
      const { mark, line } = this.#line();
      await appendFile(this.log, `${line}\n`);
      this.written.set(mark, line);
    }
  }

  async half(): Promise<void> {
    await this.finish();
    const { mark, line } = this.#line();
    const cut = 1 + Math.floor(line.length / 2);
    await appendFile(this.log, line.slice(0, cut));
    this.written.set(mark, line.slice(0, cut));
    this.#half = { mark, rest: line.slice(cut) };
  }

  async finish(): Promise<void> {
    const half = this.#half;
    if (!half) return;
    this.#half = null;
    this.#fresh.push(half.mark);
    await appendFile(this.log, `${half.rest}\n`);
    this.written.set(half.mark, this.written.get(half.mark)! + half.rest);
  }

  /** Half a line stays half a line in the rotated file. */
  async rotate(how: 'rename' | 'copytruncate' | 'delete'): Promise<void> {
    if (!existsSync(this.log)) return;
    // Half a line of which nothing was stored is not known of when its file is deleted.
    if (how === 'delete' && this.#half) this.unknowable.add(this.#half.mark);
    this.#half = null;
    this.#copied = null;
    if (how === 'rename') await rename(this.log, this.#rotated());
    else if (how === 'copytruncate') {
      await copyFile(this.log, this.#rotated());
      await truncate(this.log);
    } else {
      await unlink(this.log);
      this.#fresh.forEach((mark) => this.unknowable.add(mark));
      this.#fresh = [];
    }
    await writeFile(this.log, '', { flag: 'a' });
  }

  async copy(): Promise<void> {
    if (!existsSync(this.log)) return;
    await copyFile(this.log, this.#rotated());
    this.#copied = new Map(this.written);
  }

  /** What was written since the copy was made is lost to everybody, unless somebody looked at it before. */
  async truncate(): Promise<void> {
    const copied = this.#copied;
    if (!copied) return;
    const half = this.#half ? [this.#half.mark] : [];
    for (const mark of [...this.#fresh, ...half]) {
      if (copied.get(mark) !== this.written.get(mark)) this.unknowable.add(mark);
    }
    this.#half = null;
    this.#copied = null;
    await truncate(this.log);
  }

  async compress(): Promise<void> {
    const folder = join(this.log, '..');
    const rotated = (await readdir(folder)).filter((name) => /\.\d+$/.test(name));
    for (const path of rotated.map((name) => join(folder, name))) {
      if ((await stat(path)).size === 0) continue;
      await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
      await unlink(path);
    }
  }

  looked(): void {
    this.#fresh = [];
  }

  #rotated(): string {
    return `${this.log}.${1000 + this.#rotations++}`;
  }

  #line(): { mark: number; line: string } {
    const mark = this.#marks++;
    this.#fresh.push(mark);
    return { mark, line: JSON.stringify({ mark, text: 'x'.repeat((mark * 37) % 400) }) };
  }
}

async function take(step: Step, writer: Writer, follower: Follower): Promise<void> {
  switch (step) {
    case 'append':
      return writer.append(3);
    case 'append half a line':
      return writer.half();
    case 'finish the line':
      return writer.finish();
    case 'rename':
    case 'copytruncate':
      return writer.rotate(step);
    case 'delete and create':
      return writer.rotate('delete');
    case 'copy':
      return writer.copy();
    case 'truncate what was copied':
      return writer.truncate();
    case 'compress the rotated':
      return writer.compress();
    case 'stop':
      return follower.stop();
    case 'start':
      if (!follower.running) await follower.start();
      return;
    case 'kill before storing':
      if (!follower.running) return;
      follower.loseNext = true;
      return;
    case 'look':
      if (!follower.running) return;
      await follower.settle();
      if (isRunning(follower)) writer.looked();
  }
}

const isRunning = (follower: Follower): boolean => follower.running;

const markOf = (text: string): number => Number(/"mark":(\d+)/.exec(text)?.[1] ?? NaN);

test('whatever is done to a file, each line is stored once and always has the same id, or a gap says that it may be lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { minLength: 4, maxLength: 40 }), async (steps) => {
      await using folder = await temporaryFolder();
      const writer = new Writer(join(folder.path, 'audit.ndjson'));
      const follower = new Follower(fileOptions([writer.log]));
      await follower.start();
      await follower.settle();
      for (const step of steps) {
        await take(step, writer, follower);
        if (follower.running && !follower.loseNext && step === 'delete and create') await follower.settle();
      }
      await writer.finish();
      await follower.stop();
      follower.loseNext = false;
      await follower.start();
      await follower.settle();
      await follower.clock.advance(LINGER_MS);
      await follower.settle();
      await follower.clock.advance(LINGER_MS);
      await follower.settle();
      await follower.stop();

      const ids = follower.stored.map(({ nativeId }) => nativeId);
      expect(ids).toHaveLength(new Set(ids).size);
      const texts = follower.texts;
      expect(texts).toHaveLength(new Set(texts).size);
      const idOf = new Map<string, string>();
      for (const { bytes, nativeId } of follower.seen) {
        const text = Buffer.from(bytes).toString();
        expect(idOf.get(text) ?? nativeId).toBe(nativeId);
        idOf.set(text, nativeId);
      }
      const missing = [...writer.written].filter(
        ([mark, line]) => !texts.includes(line) && !writer.unknowable.has(mark),
      );
      // Between a copy and a truncation the writer writes what is unknowable and nothing else: that gap excuses nothing.
      if (follower.gaps.every(({ why }) => /copying and truncating/.test(why))) expect(missing).toEqual([]);
      expect(texts.filter((text) => Number.isInteger(markOf(text)) && !writer.written.has(markOf(text)))).toEqual([]);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60), timeout: 8_000 },
  );
});
