/** Bytes put end to end into one growing buffer: how documents, request bodies and frames are built. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** `capacity` in bytes: a good guess saves copies, a bad one costs nothing else. */
  constructor(capacity = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Appends `source`, or its bytes `from` up to and without `to`. */
  bytes(source: Uint8Array, from = 0, to = source.length): void {
    this.#reserve(to - from);
    if (from === 0 && to === source.length) this.#buffer.set(source, this.#length);
    else this.#buffer.set(source.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  /** Appends text as UTF-8; a lone surrogate becomes U+FFFD. */
  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  /** Appends text that is known to be ASCII: constants, ids, numbers. */
  ascii(text: string): void {
    this.#reserve(text.length);
    this.#length += this.#buffer.write(text, this.#length, 'latin1');
  }

  /** What was written, without a copy; the writer is used up. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
