import { isAscii } from 'node:buffer';
import { ByteWriter } from '../mappings/byte-writer.ts';
import type { WriteDocument } from '../mappings/document.ts';
import { parseHead } from '../mappings/events.ts';
import { slice } from '../mappings/slices.ts';
import type { Batch } from './forwarder.ts';
import { asciiJson, type WriteHeader } from './rfc5424.ts';

export interface MessageOptions {
  readonly header: WriteHeader;
  readonly document: WriteDocument;
  /** Most octets of a whole message. */
  readonly maxLength: number;
  /** MSG as UTF-8 with a byte order mark (RFC 5424 section 6.4), instead of pure ASCII. */
  readonly bom: boolean;
}

/** A good guess of what the lane adds to a stored document. */
const ADDED_BYTES = 128;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const DEL = 0x7f;

/** Fields that may go when a message is too long, in this order; then the end of `message`. */
const OPTIONAL = [
  ['event', 'original'],
  ['keepit', 'audit', 'metadata'],
  ['keepit', 'audit', 'extra'],
  ['user_agent'],
] as const;

/** Event `i` as one RFC 5424 message with its JSON document, or why it does not fit however much is left out. */
export function syslogMessage(batch: Batch, i: number, options: MessageOptions): Buffer | string {
  const { header, maxLength } = options;
  const sequence = batch.sequences[i]!;
  const head = parseHead(slice(batch.heads, i));
  const out = new ByteWriter(slice(batch.documents, i).length + ADDED_BYTES);
  options.document(out, batch, i, sequence);
  const document = out.finish();
  const whole = assemble(header(head, sequence, false), document, options);
  if (whole.length <= maxLength) return whole;
  const start = header(head, sequence, true);
  const shortest = shortened(JSON.parse(document.toString('utf8')) as Fields, (fields) => {
    const message = assemble(start, Buffer.from(JSON.stringify(fields)), options);
    return message.length <= maxLength ? message : null;
  });
  return (
    shortest ??
    `the message has ${whole.length} octets and does not fit ${maxLength}, whatever is left out; raise max_length`
  );
}

function assemble(header: string, document: Buffer, { bom }: MessageOptions): Buffer {
  const start = Buffer.from(header);
  if (isAscii(document) && !document.includes(DEL))
    return Buffer.concat(bom ? [start, BOM, document] : [start, document]);
  const json = document.toString('utf8');
  if (bom) return Buffer.concat([start, BOM, Buffer.from(json.replaceAll('\x7f', '\\u007f'))]);
  return Buffer.concat([start, Buffer.from(asciiJson(json), 'latin1')]);
}

type Fields = Record<string, unknown>;

/**
 * The first that fits of the document with less and less in it. Each is valid JSON: fields go whole, and only `message` is
 * cut, between two characters and no more than it must be.
 */
function shortened(document: Fields, fit: (fields: Fields) => Buffer | null): Buffer | null {
  for (const path of OPTIONAL) {
    const parent = path.slice(0, -1).reduce<Fields | undefined>((at, key) => at?.[key] as Fields | undefined, document);
    const last = path.at(-1)!;
    if (parent?.[last] === undefined) continue;
    Reflect.deleteProperty(parent, last);
    const fits = fit(document);
    if (fits) return fits;
  }
  const text = typeof document['message'] === 'string' ? Array.from(document['message']) : [];
  let best: Buffer | null = null;
  for (let from = 0, to = text.length - 1; from <= to;) {
    const middle = (from + to) >> 1;
    const fits = fit({ ...document, message: text.slice(0, middle).join('') });
    if (fits) [best, from] = [fits, middle + 1];
    else to = middle - 1;
  }
  return best;
}
