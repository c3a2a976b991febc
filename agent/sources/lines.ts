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
/** Instead of where a line ends: its quotes mean nothing. */
const STRAY = -2;
const UNKNOWN = -2;

/**
 * Bytes in, lines out, with their offsets. What is not yet ended by a line feed waits. However long a line is, at most
 * `LINE_BYTES_MAX` and a block are held. `quoted`: a line feed inside a quoted CSV field (RFC 4180 section 2, rule 6) ends
 * nothing, unless the quotes turn out to be no field's: text follows the closing one, or it does not come within
 * `LINE_BYTES_MAX`. Then the line ends at its first line feed, so that a stray quote spoils its own line and no other.
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
  /** The next quote in `#buffer`, -1 for none: most lines have none, and are not to be searched one by one. */
  #quote = UNKNOWN;
  /** The quotes of the line mean nothing. */
  #isStray = false;
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
    this.#quote = UNKNOWN;
    if (this.#base === 0 && this.#buffer.subarray(0, 3).equals(BOM)) this.#skip(BOM.length);
  }

  /** The next line that is complete, or `null`. */
  next(): Line | null {
    const end = this.#findEnd(false);
    if (end !== -1) return this.#take(end, end + 1);
    const { length } = this.#buffer;
    // One byte more may be the CR of a line that is just short enough.
    if (this.#long || length - this.#at > LINE_BYTES_MAX + 1) this.#shorten(length);
    return null;
  }

  /**
   * What follows the last line feed, once it is certain that nothing more comes; `null` when nothing does. Where a quote is
   * never closed that may be several lines: ask `next` and this again.
   */
  rest(): Line | null {
    if (!this.#long && this.#at === this.#buffer.length) return null;
    const end = this.#findEnd(true);
    return end === -1 ? this.#take(this.#buffer.length, this.#buffer.length) : this.#take(end, end + 1);
  }

  /** `ended`: nothing more comes. */
  #findEnd(ended: boolean): number {
    if (this.#quoted && !this.#isStray && !this.#long) {
      const end = this.#findUnquoted(ended);
      const passed = (end === -1 ? this.#buffer.length : end) - this.#at;
      if (end !== STRAY && passed <= LINE_BYTES_MAX + 1 && !(ended && this.#inQuotes)) return end;
      this.#isStray = true;
      this.#searched = this.#at;
      this.#quote = UNKNOWN; // the search goes back
    }
    const feed = this.#buffer.indexOf(LF, Math.max(this.#searched, this.#at));
    if (feed === -1) this.#searched = this.#buffer.length;
    return feed;
  }

  /** A quote opens a field only where one begins; it closes before a comma or the line's end; two of them are text. */
  #findUnquoted(ended: boolean): number {
    const buffer = this.#buffer;
    let at = Math.max(this.#searched, this.#at);
    const wait = (until: number): number => {
      this.#searched = until;
      return -1;
    };
    for (let feed = -2; ;) {
      const quote = this.#nextQuote(at);
      if (!this.#inQuotes) {
        if (feed < at) feed = buffer.indexOf(LF, at);
        if (feed !== -1 && (quote === -1 || feed < quote)) return feed;
        if (quote === -1) return wait(buffer.length);
        this.#inQuotes = quote === this.#at || buffer[quote - 1] === COMMA;
        at = quote + 1;
        continue;
      }
      if (quote === -1) return wait(buffer.length);
      const closing = closes(buffer[quote + 1], buffer[quote + 2], ended);
      if (closing === 'unknown') return wait(quote);
      if (closing === 'stray') return STRAY;
      if (closing === 'closes') this.#inQuotes = false;
      at = quote + (closing === 'closes' ? 1 : 2);
    }
  }

  #nextQuote(from: number): number {
    if (this.#quote !== -1 && this.#quote < from) this.#quote = this.#buffer.indexOf(QUOTE, from);
    return this.#quote;
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
    this.#isStray = false;
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

/** What a quote inside of quotes is, by the bytes behind it. */
function closes(
  next: number | undefined,
  second: number | undefined,
  ended: boolean,
): 'closes' | 'doubled' | 'stray' | 'unknown' {
  if (next === undefined) return ended ? 'closes' : 'unknown';
  if (next === QUOTE) return 'doubled';
  if (next === COMMA || next === LF) return 'closes';
  if (next !== CR) return 'stray';
  if (second === undefined) return ended ? 'closes' : 'unknown';
  return second === LF ? 'closes' : 'stray';
}

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
