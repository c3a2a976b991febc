import { hash } from 'node:crypto';
import { headFromDocument, serializeHead, type Events } from '../../mappings/events.ts';
import { count, range, slice, slicesOf, type Slices } from '../../mappings/slices.ts';
import { pack, unpack, unpackIntactStart } from './block-codec.ts';
import { blockHash, digestsOf, HASH_BYTES, same, type Link } from './chain.ts';

/** A block's events as they lie on the disk, before they have a place in the chain. */
export interface PackedEvents {
  readonly events: number;
  readonly documents: Uint8Array;
  readonly records: Uint8Array;
  readonly heads: Uint8Array;
  readonly digests: Uint8Array;
  readonly headsHash: Uint8Array;
}

/** A row of the table `block`. */
export interface BlockRow extends Omit<PackedEvents, 'events'>, Link {
  readonly last: number;
  readonly hash: Uint8Array;
  readonly storedAt: number;
}

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

export function packEvents(events: Events): PackedEvents {
  const heads = pack(events.heads);
  return {
    events: count(events.documents),
    documents: pack(events.documents),
    records: pack(events.records),
    heads,
    digests: digestsOf(events),
    headsHash: sha256(heads),
  };
}

export const packedBytes = (packed: PackedEvents): number =>
  packed.documents.length + packed.records.length + packed.heads.length + packed.digests.length;

/** The events of a row if every byte is as it was stored; otherwise what is wrong with it. */
export function verified(row: BlockRow): Events | string {
  try {
    const events = { documents: unpack(row.documents), records: unpack(row.records), heads: unpack(row.heads) };
    const n = row.last - row.first + 1;
    if ([events.documents, events.records, events.heads].some((slices) => count(slices) !== n))
      return 'events are missing';
    if (!same(sha256(row.heads), row.headsHash)) return 'the heads do not match their hash';
    const digests = digestsOf(events);
    if (!same(digests, row.digests)) return 'events do not match their hashes';
    if (!same(blockHash(row, digests), row.hash)) return 'the block does not match its hash';
    return events;
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`;
  }
}

/** The events of a damaged row that are whole: their places in it, and their bytes in that order. */
export async function salvaged(
  row: BlockRow,
): Promise<{ readonly places: readonly number[]; readonly events: Events }> {
  const documents = await unpackIntactStart(row.documents);
  const records = await unpackIntactStart(row.records);
  const n = Math.min(count(documents), count(records), row.last - row.first + 1);
  const readable = { documents: range(documents, 0, n), records: range(records, 0, n) };
  const digests = digestsOf({ ...readable, heads: readable.records });
  // When the events agree with the block's own hash, only what is beside them was damaged.
  const allWhole = n === row.last - row.first + 1 && same(blockHash(row, digests), row.hash);
  const isWhole = (i: number): boolean => allWhole || same(digestAt(digests, i), digestAt(row.digests, i));
  const places = Array.from({ length: n }, (_, i) => i).filter(isWhole);
  const heads = await headsOf(row, documents, places);
  return {
    places,
    events: { documents: chosen(documents, places), records: chosen(records, places), heads },
  };
}

const digestAt = (digests: Uint8Array, i: number): Uint8Array => digests.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);

async function headsOf(row: BlockRow, documents: Slices, places: readonly number[]): Promise<Slices> {
  if (same(sha256(row.heads), row.headsHash)) return chosen(await unpackIntactStart(row.heads), places);
  return slicesOf(places.map((i) => Buffer.from(serializeHead(headFromDocument(slice(documents, i))))));
}

const chosen = (slices: Slices, places: readonly number[]): Slices => slicesOf(places.map((i) => slice(slices, i)));

/** Neighbouring places as runs, `from` up to and without `to`, as places in the list. */
export function runsOf(places: readonly number[]): readonly { readonly from: number; readonly to: number }[] {
  const runs: { from: number; to: number }[] = [];
  places.forEach((place, i) => {
    const run = runs.at(-1);
    if (run && places[run.to - 1] === place - 1) run.to = i + 1;
    else runs.push({ from: i, to: i + 1 });
  });
  return runs;
}
