import { hash } from 'node:crypto';
import type { Events } from '../../mappings/events.ts';
import { count, slice, startOf } from '../../mappings/slices.ts';

export const HASH_BYTES = 32;

/** What the first block of a store has before it. */
export const noBlock = new Uint8Array(HASH_BYTES);

/** A block's place in the chain. */
export interface Link {
  readonly epoch: number;
  readonly first: number;
  readonly previous: Uint8Array;
}

const DOCUMENT_LENGTH_BYTES = 4;

/** One SHA-256 an event, end to end, each over the document's length (4 bytes, big-endian), the document and the record. */
export function digestsOf({ documents, records }: Events): Uint8Array {
  const n = count(documents);
  const digests = new Uint8Array(n * HASH_BYTES);
  let scratch = Buffer.allocUnsafe(16 * 1024);
  for (let i = 0; i < n; i++) {
    const documentStart = startOf(documents, i);
    const recordStart = startOf(records, i);
    const documentBytes = documents.ends[i]! - documentStart;
    const length = DOCUMENT_LENGTH_BYTES + documentBytes + records.ends[i]! - recordStart;
    if (length > scratch.length) scratch = Buffer.allocUnsafe(length);
    scratch.writeUInt32BE(documentBytes);
    scratch.set(slice(documents, i), DOCUMENT_LENGTH_BYTES);
    scratch.set(slice(records, i), DOCUMENT_LENGTH_BYTES + documentBytes);
    digests.set(hash('sha256', scratch.subarray(0, length), 'buffer'), i * HASH_BYTES);
  }
  return digests;
}

/** SHA-256 over the block before, the epoch, the first sequence number and the events' digests: nothing can be changed, left out or moved. */
export function blockHash({ epoch, first, previous }: Link, digests: Uint8Array): Uint8Array {
  const place = Buffer.alloc(16);
  place.writeBigUInt64BE(BigInt(epoch));
  place.writeBigUInt64BE(BigInt(first), 8);
  return hash('sha256', Buffer.concat([previous, place, digests]), 'buffer');
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
