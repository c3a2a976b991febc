import { createHash, type Hash } from 'node:crypto';

/** Longer lines are kept in part: `LINE_KEPT_BYTES` of them, with their length and the hash of the whole. */
export const LINE_BYTES_MAX = 1024 * 1024;
export const LINE_KEPT_BYTES = 64 * 1024;

/** One line of a file or a stream, without its end (LF or CRLF). */
export interface Line {
  /** The whole line, or the first `LINE_KEPT_BYTES` of one that is longer than `LINE_BYTES_MAX`. */
  readonly bytes: Buffer;
  /** Where it begins in the (uncompressed) content. */
  readonly start: number;
  /** Where the next one begins. */
  readonly next: number;
  /** Set where only the start was kept: the length of the whole line in bytes, and its SHA-256 in hex. */
  readonly whole?: { readonly length: number; readonly hash: string };
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const NOTHING = Buffer.alloc(0);

/**
 * Bytes in, lines out, with their offsets. What is not yet ended by a line feed waits. However long a line is, at most
 * `LINE_BYTES_MAX` and a block are held. `quoted`: a line feed inside a quoted CSV field (RFC 4180 section 2, rule 6) ends
 * nothing.
 */
export class LineSplitter {
  #buffer: Buffer = NOTHING;
  /** Offset in the content of `#buffer[0]`. */
  #base: number;
  /** Where the next line begins in `#buffer`. */
  #at = 0;
  /** Up to here no line feed was found. */
  #searched = 0;
  #long: LongLine | null = null;
  #inQuotes = false;
  readonly #quoted: boolean;

  /** `start`: offset in the content of the first byte that will be pushed. */
  constructor(start: number, quoted = false) {
    this.#base = start;
    this.#quoted = quoted;
  }

  /** Offset of the first byte that no line given so far contains. */
  get position(): number {
    return this.#long ? this.#long.start : this.#base + this.#at;
  }

  /** Offset behind the last byte pushed. */
  get end(): number {
    return this.#base + this.#buffer.length;
  }

  /** The beginning of the line that is not ended yet: its bytes from `position`, perhaps not all. */
  get pending(): Buffer {
    return this.#long ? this.#long.kept : this.#buffer.subarray(this.#at);
  }

  /** Takes the next bytes; call it when `next` has no more lines. The splitter may keep (and never changes) the chunk. */
  push(chunk: Buffer): void {
    const left = this.#buffer.length - this.#at;
    this.#base += this.#at;
    this.#searched -= this.#at;
    this.#buffer = left === 0 ? chunk : Buffer.concat([this.#buffer.subarray(this.#at), chunk]);
    this.#at = 0;
    if (this.#base === 0 && this.#buffer.subarray(0, 3).equals(BOM)) this.#skip(BOM.length);
  }

  /** The next line that is complete, or `null`. */
  next(): Line | null {
    const end = this.#findEnd();
    if (end !== -1) return this.#take(end, end + 1);
    const { length } = this.#buffer;
    this.#searched = length;
    // One byte more may be the CR of a line that is just short enough.
    if (this.#long || length - this.#at > LINE_BYTES_MAX + 1) this.#shorten(length);
    return null;
  }

  /** What follows the last line feed, once it is certain that nothing more comes; `null` when nothing does. */
  rest(): Line | null {
    if (!this.#long && this.#at === this.#buffer.length) return null;
    return this.#take(this.#buffer.length, this.#buffer.length);
  }

  #findEnd(): number {
    const from = Math.max(this.#searched, this.#at);
    return this.#quoted ? this.#findUnquoted(from) : this.#buffer.indexOf(LF, from);
  }

  /** A quote opens a field only where one begins; inside, two quotes close and open again. */
  #findUnquoted(from: number): number {
    const buffer = this.#buffer;
    let feed = buffer.indexOf(LF, from);
    for (let at = from; ;) {
      const quote = buffer.indexOf(QUOTE, at);
      if (!this.#inQuotes) {
        if (feed !== -1 && (quote === -1 || feed < quote)) return feed;
        if (quote === -1) return -1;
        this.#inQuotes = opensField(buffer[quote - 1], quote === this.#at && !this.#long);
      } else {
        if (quote === -1) return -1;
        this.#inQuotes = false;
        if (feed !== -1 && feed < quote) feed = buffer.indexOf(LF, quote);
      }
      at = quote + 1;
    }
  }

  #take(end: number, next: number): Line {
    const long = this.#long;
    if (long) this.#shorten(end);
    const from = this.#at;
    const start = long ? long.start : this.#base + from;
    const cut = !long && end > from && this.#buffer[end - 1] === CR ? end - 1 : end;
    this.#at = next;
    this.#searched = next;
    this.#inQuotes = false;
    this.#long = null;
    const line = { start, next: this.#base + next };
    if (long) return { ...line, ...long.finish() };
    const bytes = this.#buffer.subarray(from, cut);
    if (bytes.length <= LINE_BYTES_MAX) return { ...line, bytes };
    const whole = new LongLine(start);
    whole.add(bytes);
    return { ...line, ...whole.finish() };
  }

  /** Gives up the bytes up to `end` of a line that is too long to be kept. */
  #shorten(end: number): void {
    this.#long ??= new LongLine(this.#base + this.#at);
    this.#long.add(this.#buffer.subarray(this.#at, end));
    this.#at = end;
  }

  #skip(bytes: number): void {
    this.#at = bytes;
    this.#searched = bytes;
  }
}

const opensField = (before: number | undefined, atLineStart: boolean): boolean =>
  atLineStart || before === COMMA || before === QUOTE;

/** A line of which only the start is kept. A CR at its end is held back, since a line feed may follow. */
class LongLine {
  readonly start: number;
  #kept: Buffer = NOTHING;
  #length = 0;
  #heldBack = false;
  readonly #hash: Hash = createHash('sha256');

  constructor(start: number) {
    this.start = start;
  }

  get kept(): Buffer {
    return this.#kept;
  }

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.#heldBack) this.#put(Buffer.from([CR]));
    this.#heldBack = bytes[bytes.length - 1] === CR;
    this.#put(this.#heldBack ? bytes.subarray(0, -1) : bytes);
  }

  finish(): Pick<Line, 'bytes'> & { whole: NonNullable<Line['whole']> } {
    return { bytes: this.#kept, whole: { length: this.#length, hash: this.#hash.digest('hex') } };
  }

  #put(bytes: Buffer): void {
    const room = LINE_KEPT_BYTES - this.#kept.length;
    if (room > 0) this.#kept = Buffer.concat([this.#kept, bytes.subarray(0, room)]);
    this.#length += bytes.length;
    this.#hash.update(bytes);
  }
}
