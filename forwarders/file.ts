import { constants, type Stats } from 'node:fs';
import { mkdir, open as openFile, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { objectSchema, type Options } from '../config/schema.ts';
import { ByteWriter } from '../mappings/byte-writer.ts';
import { documentWriter } from '../mappings/document.ts';
import { forAll, forwarderKind, type Batch, type Forwarder, type ForwarderParts, type Outcome } from './forwarder.ts';

const options = objectSchema({
  type: 'object',
  description: 'A file of one JSON document a line (NDJSON), synced to disk before an event counts as delivered.',
  properties: {
    path: { type: 'string', format: 'path', description: 'The file. Its folder is made when it is missing.' },
    rotate_size: {
      type: 'string',
      format: 'size',
      default: '100MiB',
      description:
        'Above this size it is renamed to path.1, path.2 and on (the highest is the newest), and a new one begins.',
    },
    keep: { type: 'integer', minimum: 0, default: 0, description: 'How many renamed files are kept; 0: all.' },
  },
  required: ['path'],
});
type FileOptions = Options<typeof options>;

export const file = forwarderKind({
  type: 'file',
  options,
  open: async (given, parts) => new FileForwarder(given, parts),
  claims: ({ path }) => [path],
});

const NEWLINE = 0x0a;
const TAIL_BYTES = 64 * 1024;
/** Errors that somebody has to mend; all others may pass by themselves (a full disk, a bad moment). */
const LANE_FAULTS = new Set(['EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ELOOP', 'EROFS', 'ENAMETOOLONG']);

/**
 * Appends each batch in one write and syncs it; a write that fails half way is cut off again, so a line is whole or not
 * there. A kill between the sync and the settling of the lane makes the events come again, with the same ids.
 */
class FileForwarder implements Forwarder {
  readonly limits = { events: 500, bytes: 4 * 1024 * 1024, underWay: 1 };
  readonly #options: FileOptions;
  readonly #write: ReturnType<typeof documentWriter>;
  #open: { readonly handle: FileHandle; size: number } | null = null;
  #closed = false;
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(given: FileOptions, parts: ForwarderParts) {
    this.#options = given;
    this.#write = documentWriter(parts.document);
  }

  async send(batch: Batch, signal: AbortSignal): Promise<{ readonly outcomes: Promise<readonly Outcome[]> }> {
    signal.throwIfAborted();
    if (this.#closed) throw new Error('the forwarder is closed');
    const outcomes = this.#deliver(batch);
    this.#underWay = outcomes;
    return { outcomes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#underWay;
    await this.#close();
  }

  async #deliver(batch: Batch): Promise<readonly Outcome[]> {
    const out = new ByteWriter(batch.documents.bytes.length + batch.sequences.length * 64);
    batch.sequences.forEach((sequence, i) => {
      this.#write(out, batch, i, sequence);
      out.ascii('\n');
    });
    try {
      await this.#append(out.finish());
      return forAll(batch, { kind: 'delivered', proof: 'confirmed' });
    } catch (error) {
      await this.#close().catch(() => undefined); // what is open may be what is wrong
      const { code = '', message } = error as NodeJS.ErrnoException;
      return forAll(batch, { kind: LANE_FAULTS.has(code) ? 'paused' : 'retry', reason: message });
    }
  }

  async #append(bytes: Uint8Array): Promise<void> {
    let open = await this.#current();
    if (open.size > 0 && open.size + bytes.length > this.#options.rotate_size) {
      await this.#rotate();
      open = await this.#current();
    }
    try {
      await writeAll(open.handle, bytes, open.size);
      await open.handle.datasync();
      open.size += bytes.length;
    } catch (error) {
      await open.handle.truncate(open.size).catch(() => undefined); // half a batch must not stay
      throw error;
    }
  }

  /** The open file, opened again when another program has moved or removed it. */
  async #current(): Promise<{ readonly handle: FileHandle; size: number }> {
    const { path } = this.#options;
    if (this.#open) {
      const [ours, theirs] = await Promise.all([this.#open.handle.stat(), stat(path).catch(() => null)]);
      // Another size than ours: somebody truncated it or wrote to it, so the end has to be looked for again.
      if (isSame(ours, theirs) && ours.size === this.#open.size) return this.#open;
      await this.#close();
    }
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await openFile(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#open = { handle, size: 0 };
    await syncFolder(path); // a name that is not on disk yet would take its lines with it
    this.#open.size = await cutTornLine(handle);
    return this.#open;
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options;
    await this.#close();
    const prefix = `${basename(path)}.`;
    const names = await readdir(dirname(path));
    const numbers = names
      .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
      .map((name) => Number(name.slice(prefix.length)))
      .sort((a, b) => a - b);
    await rename(path, `${path}.${(numbers.at(-1) ?? 0) + 1}`);
    const surplus = keep === 0 ? [] : numbers.slice(0, Math.max(0, numbers.length + 1 - keep));
    for (const number of surplus) await rm(join(dirname(path), `${prefix}${number}`));
  }

  async #close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await openFile(dirname(path), constants.O_RDONLY);
  await folder.sync().finally(() => folder.close());
}

const isSame = (ours: Stats, theirs: Stats | null): boolean => theirs?.ino === ours.ino && theirs.dev === ours.dev;

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** A kill or a power cut may leave half a line: the file ends again behind its last whole one. Gives back its size. */
async function cutTornLine(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    const newline = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (newline !== -1) {
      const whole = start + newline + 1;
      if (whole < size) await handle.truncate(whole);
      return whole;
    }
    end = start;
  }
  if (size > 0) await handle.truncate(0);
  return 0;
}
