/** How much time a bucket covers, ms. */
const BUCKET_MS = 10 * 60_000;
const KEY_BYTES = 8;
const COUNT_BYTES = 2;
const ENTRY_BYTES = KEY_BYTES + COUNT_BYTES;
const COUNT_MAX = 0xffff;
/** Buckets that are unpacked at a time. */
const OPEN_MAX = 64;

type Counts = Map<string, number>;

/**
 * The duplicate window: how often each record was stored already, by its fingerprint, in buckets of the records' own time.
 * It lies in the store and changes in the transaction that stores the records, so a window that is read again adds nothing.
 * Packed to 10 bytes a record: 8 of the fingerprint and a count.
 */
export class KnownRecords {
  readonly #packed: Map<string, Uint8Array>;
  readonly #open = new Map<string, Counts>();
  readonly #changed = new Set<string>();
  readonly #forgotten = new Set<string>();

  /** `learned`: what the store has kept of `changes()`. */
  constructor(learned: ReadonlyMap<string, Uint8Array>) {
    this.#packed = new Map(learned);
  }

  /** How many such records (same fingerprint, 64 hex digits; same time, ms, or NaN where it has none) are stored. */
  count(fingerprint: string, timeMs: number): number {
    return this.#counts(bucketOf(timeMs)).get(keyOf(fingerprint)) ?? 0;
  }

  /** One more of them is about to be stored. */
  add(fingerprint: string, timeMs: number): void {
    const bucket = bucketOf(timeMs);
    const counts = this.#counts(bucket);
    const key = keyOf(fingerprint);
    counts.set(key, Math.min(COUNT_MAX, (counts.get(key) ?? 0) + 1));
    this.#changed.add(bucket);
    this.#forgotten.delete(bucket);
  }

  /** Forgets buckets that end before this time, ms. */
  forget(beforeMs: number): void {
    const first = Math.floor(beforeMs / BUCKET_MS);
    for (const bucket of new Set([...this.#packed.keys(), ...this.#open.keys()])) {
      if (bucket === UNTIMED || Number(bucket) >= first) continue;
      this.#packed.delete(bucket);
      this.#open.delete(bucket);
      this.#changed.delete(bucket);
      this.#forgotten.add(bucket);
    }
  }

  /** What changed since the last call, for the page that stores it: `null` for a bucket that was forgotten. */
  changes(): ReadonlyMap<string, Uint8Array | null> {
    const changes = new Map<string, Uint8Array | null>();
    for (const bucket of this.#changed) {
      const packed = pack(this.#open.get(bucket)!);
      this.#packed.set(bucket, packed);
      changes.set(bucket, packed);
    }
    for (const bucket of this.#forgotten) changes.set(bucket, null);
    this.#changed.clear();
    this.#forgotten.clear();
    for (const bucket of this.#open.keys()) {
      if (this.#open.size <= OPEN_MAX) break;
      this.#open.delete(bucket);
    }
    return changes;
  }

  #counts(bucket: string): Counts {
    const open = this.#open.get(bucket);
    if (open) return open;
    const counts = unpack(this.#packed.get(bucket));
    this.#open.set(bucket, counts);
    return counts;
  }
}

/** Records without a time: never forgotten, and expected never. */
const UNTIMED = 'untimed';
const bucketOf = (timeMs: number): string => (Number.isNaN(timeMs) ? UNTIMED : `${Math.floor(timeMs / BUCKET_MS)}`);

const keyOf = (fingerprint: string): string => fingerprint.slice(0, 2 * KEY_BYTES);

function pack(counts: Counts): Uint8Array {
  const packed = Buffer.alloc(counts.size * ENTRY_BYTES);
  let at = 0;
  for (const [key, count] of counts) {
    packed.write(key, at, 'hex');
    packed.writeUInt16LE(count, at + KEY_BYTES);
    at += ENTRY_BYTES;
  }
  return packed;
}

function unpack(packed: Uint8Array | undefined): Counts {
  const counts: Counts = new Map();
  if (!packed) return counts;
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    counts.set(bytes.toString('hex', at, at + KEY_BYTES), bytes.readUInt16LE(at + KEY_BYTES));
  }
  return counts;
}
