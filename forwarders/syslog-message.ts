import { isAscii } from 'node:buffer';
import { ByteWriter } from '../mappings/byte-writer.ts';
import type { WriteDocument } from '../mappings/document.ts';
import { parseHead } from '../mappings/events.ts';
import { slice } from '../mappings/slices.ts';
import type { Batch } from './forwarder.ts';
import { asciiJson, syslogHeader, type Sender } from './rfc5424.ts';

export interface MessageOptions {
  readonly sender: Sender;
  /** Most octets of a whole message. */
  readonly maxLength: number;
  /** MSG as UTF-8 with a byte order mark (RFC 5424 section 6.4), instead of pure ASCII. */
  readonly bom: boolean;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Fields that may go when a message is too long, in this order; then the end of `message`. */
const OPTIONAL = [
  ['event', 'original'],
  ['keepit', 'audit', 'metadata'],
  ['keepit', 'audit', 'extra'],
  ['user_agent'],
] as const;

/** Event `i` as one RFC 5424 message with its JSON document, or why it does not fit however much is left out. */
export function syslogMessage(batch: Batch, i: number, write: WriteDocument, options: MessageOptions): Buffer | string {
  const { sender, maxLength } = options;
  const sequence = batch.sequences[i]!;
  const head = parseHead(slice(batch.heads, i));
  const out = new ByteWriter(batch.documents.ends[i]! + 1024);
  write(out, batch, i, sequence);
  const document = out.finish();
  const whole = assemble(syslogHeader(sender, head, sequence, false), body(document, options));
  if (whole.length <= maxLength) return whole;
  const header = syslogHeader(sender, head, sequence, true);
  for (const smaller of shortened(JSON.parse(document.toString('utf8')) as Fields)) {
    const message = assemble(header, body(Buffer.from(JSON.stringify(smaller)), options));
    if (message.length <= maxLength) return message;
  }
  return `the message has ${whole.length} octets and does not fit ${maxLength}, whatever is left out; raise max_length`;
}

const assemble = (header: string, message: Buffer): Buffer => Buffer.concat([Buffer.from(header), message]);

function body(document: Buffer, { bom }: MessageOptions): Buffer {
  if (bom) return Buffer.concat([BOM, document]);
  if (isAscii(document) && !document.includes(0x7f)) return document;
  return Buffer.from(asciiJson(document.toString('utf8')), 'latin1');
}

type Fields = Record<string, unknown>;

/** The document with less and less in it; each is valid JSON, nothing is cut inside a value but the end of `message`. */
function* shortened(document: Fields): Generator<Fields> {
  for (const path of OPTIONAL) {
    const parent = path.slice(0, -1).reduce<Fields | undefined>((at, key) => at?.[key] as Fields | undefined, document);
    const last = path.at(-1)!;
    if (parent?.[last] === undefined) continue;
    Reflect.deleteProperty(parent, last);
    yield document;
  }
  let text = typeof document['message'] === 'string' ? Array.from(document['message']) : [];
  while (text.length > 1) {
    text = text.slice(0, Math.floor(text.length / 2));
    document['message'] = text.join('');
    yield document;
  }
}
