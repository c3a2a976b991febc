import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FoundFile } from './file-discovery.ts';

/** Bytes read at once. */
const FILE_BLOCK_BYTES = 512 * 1024;

const EMPTY = Buffer.alloc(0);
const PACKED_BLOCK_BYTES = 64 * 1024;

/** A compressed file may give this much for nothing … */
const GZIP_FREE_BYTES = 64 * 1024 * 1024;
/** … and beyond it this many times its own size; what gives more is made to exhaust its reader. */
const GZIP_RATIO_MAX = 100;

/** The (uncompressed) content of a file that is held open. */
export interface Content extends AsyncDisposable {
  /** At most `length` bytes from `start`; fewer at the end. */
  bytes(start: number, length: number): Promise<Buffer>;
  /** The next block from `start`, or from behind the block before; `null` when there is nothing more now. */
  next(): Promise<Buffer | null>;
  /** Where `next` goes on. */
  seek(start: number): Promise<void>;
  /** Bytes of content now; `null` when only reading all of it would tell. */
  size(): Promise<number | null>;
}

export class GzipBomb extends Error {
  override readonly name = 'GzipBomb';
}

/** Opens the very file that a look found. `null`: by now another, or none, lies there, and the next look knows more. */
export async function openFound({ path, gzip, dev, ino }: FoundFile): Promise<Content | null> {
  const handle = await openIfPresent(path);
  if (!handle) return null;
  try {
    const now = await handle.stat();
    if (now.dev === dev && now.ino === ino) return gzip ? new GzipContent(handle) : new PlainContent(handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return null;
}

async function openIfPresent(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

class PlainContent implements Content {
  readonly #handle: FileHandle;
  #position = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async bytes(start: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, start);
    return buffer.subarray(0, bytesRead);
  }

  async next(): Promise<Buffer | null> {
    const { size } = await this.#handle.stat();
    if (size <= this.#position) return null;
    const block = await this.bytes(this.#position, Math.min(FILE_BLOCK_BYTES, size - this.#position));
    this.#position += block.length;
    return block.length === 0 ? null : block;
  }

  async seek(start: number): Promise<void> {
    this.#position = start;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }
}

/** Unpacks as a stream; to read at another place it begins anew. */
class GzipContent implements Content {
  readonly #handle: FileHandle;
  #blocks: AsyncGenerator<Buffer, void> | null = null;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async bytes(start: number, length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = length;
    if (length === 0) return EMPTY;
    for await (const block of this.#unpack(start)) {
      parts.push(block.subarray(0, missing));
      missing -= parts.at(-1)!.length;
      if (missing === 0) break;
    }
    return Buffer.concat(parts);
  }

  async next(): Promise<Buffer | null> {
    this.#blocks ??= this.#unpack(0);
    return (await this.#blocks.next()).value ?? null;
  }

  async seek(start: number): Promise<void> {
    await this.#blocks?.return();
    this.#blocks = this.#unpack(start);
  }

  async size(): Promise<null> {
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#blocks?.return();
    await this.#handle.close();
  }

  async *#unpack(start: number): AsyncGenerator<Buffer, void> {
    let packed = 0;
    const handle = this.#handle;
    async function* packedBlocks(): AsyncGenerator<Buffer> {
      while (true) {
        const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(PACKED_BLOCK_BYTES), 0, undefined, packed);
        if (bytesRead === 0) return;
        packed += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    }
    const unpacked = createGunzip({ chunkSize: FILE_BLOCK_BYTES });
    // An error on the way destroys `unpacked`, which throws it below.
    pipeline(packedBlocks, unpacked, () => undefined);
    let at = 0;
    try {
      for await (const chunk of unpacked as AsyncIterable<Buffer>) {
        at += chunk.length;
        if (at > GZIP_FREE_BYTES && at > GZIP_RATIO_MAX * packed) {
          throw new GzipBomb(`it unpacks to more than ${GZIP_RATIO_MAX} times its size`);
        }
        if (at > start) yield chunk.subarray(Math.max(0, chunk.length - (at - start)));
      }
    } finally {
      unpacked.destroy();
    }
  }
}
