import { constants, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Slices } from '../../mappings/slices.ts';

const COUNT_BYTES = 4;
const LENGTH_BYTES = 4;
/** One piece of output for nearly every block; zlib's default of 16 KiB costs double. */
const CHUNK_BYTES = 1024 * 1024;
/** A block of one event of the longest line, twice over. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;

const level = { chunkSize: CHUNK_BYTES, params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** zstd of: how many (4 bytes, little-endian, as all that follows), the length of each, the bytes. */
export function pack({ bytes, ends }: Slices): Uint8Array {
  const plain = Buffer.allocUnsafe(COUNT_BYTES + ends.length * LENGTH_BYTES + bytes.length);
  let at = plain.writeUInt32LE(ends.length);
  let start = 0;
  for (const end of ends) {
    at = plain.writeUInt32LE(end - start, at);
    start = end;
  }
  plain.set(bytes, at);
  return zstdCompressSync(plain, level);
}

/** Throws when the bytes are damaged in a way that can be seen; what cannot be seen, the digests show. */
export const unpack = (packed: Uint8Array): Slices =>
  read(zstdDecompressSync(packed, { chunkSize: CHUNK_BYTES, maxOutputLength: UNPACKED_BYTES_MAX }));

/** As many whole texts from the start as can still be read of damaged bytes. */
export async function unpackIntactStart(packed: Uint8Array): Promise<Slices> {
  const pieces: Buffer[] = [];
  const stream = createZstdDecompress();
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await new Promise<void>((resolve) => {
    stream.on('error', () => resolve()).on('end', () => resolve());
    stream.end(packed);
  });
  return read(Buffer.concat(pieces), true);
}

function read(plain: Buffer, partly = false): Slices {
  const nothing: Slices = { bytes: new Uint8Array(0), ends: new Uint32Array(0) };
  if (plain.length < COUNT_BYTES) {
    if (partly) return nothing;
    throw new RangeError('a packed block is too short');
  }
  const n = plain.readUInt32LE();
  const start = COUNT_BYTES + n * LENGTH_BYTES;
  if (start > plain.length) {
    if (partly) return nothing;
    throw new RangeError('a packed block is shorter than its lengths');
  }
  const ends = new Uint32Array(n);
  let end = 0;
  for (let i = 0; i < n; i++) ends[i] = end += plain.readUInt32LE(COUNT_BYTES + i * LENGTH_BYTES);
  const bytes = new Uint8Array(plain.buffer, plain.byteOffset + start, plain.length - start);
  if (bytes.length === end) return { bytes, ends };
  if (!partly) throw new RangeError('a packed block has another length than its texts');
  const whole = ends.filter((textEnd) => textEnd <= bytes.length);
  return { bytes: bytes.subarray(0, whole.at(-1) ?? 0), ends: whole };
}
