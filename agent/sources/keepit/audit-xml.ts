import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { recordHash, type Fields } from '../../../mappings/record.ts';

/** A record of the platform's audit log as it came over the wire. */
export interface WireRecord {
  /** The element `<record>…</record>`, byte for byte, or its start where it is longer than `RECORD_BYTES_MAX`. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the whole element. */
  readonly hash: string;
  /** Texts by element name; `metadata` is a list of `{key, value}` in wire order. */
  readonly fields: Fields;
  readonly truncated: boolean;
}

/** An answer that is not what the API promises: nothing of it may move a position. Says what was seen, never whose it is. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

const DEPTH_MAX = 16;
const RECORD_BYTES_MAX = 256 * 1024;
/** Longest stretch without a tag, and so the longest value. */
const TEXT_CHARACTERS_MAX = 1024 * 1024;
/** The API gives 10,000 records at most, whatever is asked for. */
const RECORDS_MAX = 20_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Reads one answer, piece by piece. Strict, since a lenient parser takes a cut page for a short one and loses the rest
 * in silence: the root must be `audit` and be closed, a document type is refused, and so is everything that is not UTF-8.
 */
export class AuditXml {
  readonly #parser = new SaxesParser();
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #names: string[] = [];
  /** Text from `#textFrom` (a position in the whole answer) on: what the open record has so far. */
  #text = '';
  #textFrom = 0;
  #recordFrom: number | null = null;
  #fields: Record<string, unknown> = {};
  #pairs: { key: string; value: string }[] = [];
  #value = '';
  #lastTagAt = 0;
  #records: WireRecord[] = [];
  #count = 0;
  #bytes = 0;
  #closed = false;

  constructor() {
    const parser = this.#parser;
    parser.on('error', ({ message }) => {
      throw new BadAnswer(`the answer is not well-formed XML (${shape(message)})`);
    });
    parser.on('doctype', () => {
      throw new BadAnswer('the answer has a document type declaration, which the API never sends');
    });
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) throw new BadAnswer('the answer is not in UTF-8');
    });
    parser.on('opentag', (tag) => this.#open(tag));
    parser.on('closetag', () => this.#close());
    parser.on('text', (text) => (this.#value += text));
    parser.on('cdata', (text) => (this.#value += text));
  }

  /** The records that this piece has completed. Throws `BadAnswer`. */
  push(piece: Uint8Array): readonly WireRecord[] {
    this.#bytes += piece.length;
    if (this.#bytes > ANSWER_BYTES_MAX) throw new BadAnswer(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`);
    return this.#write(this.#decode(piece, true));
  }

  /** The last records; throws `BadAnswer` when the answer was cut off. */
  end(): readonly WireRecord[] {
    const last = this.#write(this.#decode(new Uint8Array(0), false));
    if (this.#bytes === 0) return last; // no body at all: nothing in the window
    if (!this.#closed) throw new BadAnswer('the answer ends before its root is closed: it was cut off');
    this.#parser.close();
    return last;
  }

  #decode(piece: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(piece, { stream });
    } catch {
      throw new BadAnswer('the answer is not valid UTF-8');
    }
  }

  #write(text: string): readonly WireRecord[] {
    this.#text += text;
    this.#parser.write(text);
    // The parser's own position is right only inside its handlers.
    const end = this.#textFrom + this.#text.length;
    if (end - this.#lastTagAt > TEXT_CHARACTERS_MAX)
      throw new BadAnswer(`the answer has a value of more than ${TEXT_CHARACTERS_MAX} characters`);
    this.#forget(this.#recordFrom ?? this.#openTagAt(end));
    const records = this.#records;
    this.#records = [];
    return records;
  }

  /** Where a tag begins of which only a part has come; `end` without one. */
  #openTagAt(end: number): number {
    const at = this.#text.lastIndexOf('<');
    return at === -1 ? end : this.#textFrom + at;
  }

  /** Lets go of the text before a position. */
  #forget(before: number): void {
    this.#text = this.#text.slice(before - this.#textFrom);
    this.#textFrom = before;
  }

  #open({ name }: SaxesTagPlain): void {
    const depth = this.#names.push(name);
    this.#lastTagAt = this.#parser.position;
    if (depth > DEPTH_MAX) throw new BadAnswer(`the answer is nested deeper than ${DEPTH_MAX} elements`);
    if (depth === 1 && name !== 'audit') throw new BadAnswer(`the answer's root is <${shape(name)}> and not <audit>`);
    if (depth === 2 && name === 'record') this.#begin();
    if (depth === 3 || this.#isPair(depth)) this.#value = '';
    if (depth === 4 && name === 'parameter') this.#pairs.push({ key: '', value: '' });
  }

  #begin(): void {
    const end = this.#parser.position - this.#textFrom;
    this.#recordFrom = this.#textFrom + this.#text.lastIndexOf('<', end - 1);
    this.#fields = Object.create(null) as Record<string, unknown>;
    this.#pairs = [];
  }

  #close(): void {
    const depth = this.#names.length;
    const name = this.#names.pop()!;
    this.#lastTagAt = this.#parser.position;
    if (depth === 1) this.#closed = true;
    else if (depth === 2 && this.#recordFrom !== null) this.#finish(this.#recordFrom);
    else if (depth === 3) this.#field(name);
    else if (this.#isPair(depth) && (name === 'key' || name === 'value')) this.#pairs.at(-1)![name] += this.#value;
  }

  /** Inside `record/metadata/parameter`. */
  #isPair(depth: number): boolean {
    return depth === 5 && this.#names[2] === 'metadata' && this.#names[3] === 'parameter';
  }

  /** An element that comes twice keeps both values: nothing is dropped. */
  #field(name: string): void {
    if (name === 'metadata') this.#fields['metadata'] = this.#pairs;
    else this.#fields[name] = name in this.#fields ? `${String(this.#fields[name])}, ${this.#value}` : this.#value;
    this.#value = '';
  }

  #finish(from: number): void {
    if (++this.#count > RECORDS_MAX) throw new BadAnswer(`the answer has more than ${RECORDS_MAX} records`);
    const bytes = Buffer.from(this.#text.slice(from - this.#textFrom, this.#parser.position - this.#textFrom));
    const truncated = bytes.length > RECORD_BYTES_MAX;
    this.#records.push({
      bytes: truncated ? bytes.subarray(0, RECORD_BYTES_MAX) : bytes,
      hash: recordHash(bytes),
      fields: this.#fields,
      truncated,
    });
    this.#recordFrom = null;
    this.#forget(this.#parser.position);
  }
}

/** A name or a parser's complaint without what it quotes: answers may hold tenants' data. */
const shape = (text: string): string =>
  text
    .replace(/"[^"]*"|'[^']*'/g, '…')
    .replace(/\s+/g, ' ')
    .slice(0, 80);
