import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Pool } from 'undici';
import { objectSchema, type Options } from '../config/schema.ts';
import { ByteWriter } from '../mappings/byte-writer.ts';
import { documentWriter, type DocumentOptions } from '../mappings/document.ts';
import { parseHead } from '../mappings/events.ts';
import { slice } from '../mappings/slices.ts';
import { withDeadline } from './deadline.ts';
import { failure } from './failure.ts';
import {
  forAll,
  forwarderKind,
  type Batch,
  type Forwarder,
  type ForwarderParts,
  type Limits,
  type Outcome,
} from './forwarder.ts';
import { hecOutcomes, type HecReply } from './hec-outcomes.ts';
import { connectionOptions, tlsOptions } from './tls.ts';

const options = objectSchema({
  type: 'object',
  description:
    'Splunk, through its HTTP Event Collector (event endpoint). An accepted event counts as "accepted, not confirmed": ' +
    'Splunk says that it has queued it, and is not asked whether it was indexed. A token with indexer acknowledgement works ' +
    'too. Search with dedup on event_id.',
  properties: {
    url: {
      type: 'string',
      format: 'uri',
      pattern: '^https?://[^/]',
      description: 'The collector, such as https://splunk.example:8088.',
    },
    token: { type: 'string', secret: true, description: 'The HEC token.' },
    index: { type: 'string', description: 'The index; by default that of the token.' },
    source: { type: 'string', default: 'keepit:audit', description: 'Splunk’s source.' },
    sourcetype: { type: 'string', default: 'keepit:audit:ecs', description: 'Splunk’s sourcetype.' },
    host: { type: 'string', description: 'Splunk’s host; by default this host.' },
    gzip: { type: 'boolean', default: true, description: 'Compress requests (level 1).' },
    timeout_ms: { type: 'integer', minimum: 1, default: 30_000, description: 'Longest wait for one answer, in ms.' },
    tls: tlsOptions,
  },
  required: ['url', 'token'],
});
type HecOptions = Options<typeof options>;

export const splunkHec = forwarderKind({ type: 'splunk_hec', options, open });

const EVENTS_MAX = 500;
const UNDER_WAY_MAX = 4;
/** Splunk Cloud takes 1 MB a request, uncompressed. */
const BODY_BYTES_MAX = 900_000;
/** `time`, `fields` and the braces of one envelope, and `event.sequence`. */
const ENVELOPE_BYTES = 256;
const CONNECT_MS = 10_000;
/** More of an answer than this is not read: its status says enough. */
const ANSWER_BYTES_MAX = 64 * 1024;
const PATH = '/services/collector/event';
const gzipped = promisify(gzip);

async function open(given: HecOptions, parts: ForwarderParts): Promise<Forwarder> {
  const url = new URL(given.url);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'http:' && !isLocal) {
    parts.log.warn('the HEC token travels without TLS', { lane: parts.name, host: url.host });
  }
  const { Pool } = await import('undici');
  const pool = new Pool(url.origin, {
    connections: UNDER_WAY_MAX,
    headersTimeout: given.timeout_ms,
    bodyTimeout: given.timeout_ms,
    // Below the time for the whole call, so that a connection that never stood is known as such.
    connect: { ...connectionOptions(given.tls), timeout: Math.min(CONNECT_MS, given.timeout_ms / 2) },
    allowH2: false,
  });
  return new HecForwarder(pool, url.pathname.replace(/\/$/, ''), given, parts);
}

class HecForwarder implements Forwarder {
  readonly limits: Limits;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #options: HecOptions;
  readonly #parts: ForwarderParts;
  readonly #write: ReturnType<typeof documentWriter>;
  /** What is the same in every envelope, as JSON without the braces. */
  readonly #envelope: string;
  /** A token with indexer acknowledgement refuses requests without one (code 10); it costs the others nothing. */
  readonly #channel = randomUUID();
  #closed = false;

  constructor(pool: Pool, prefix: string, given: HecOptions, parts: ForwarderParts) {
    this.#pool = pool;
    this.#path = prefix.endsWith(PATH) ? prefix : `${prefix}${PATH}`;
    this.#options = given;
    this.#parts = parts;
    this.#write = documentWriter(parts.document);
    const { source, sourcetype, index } = given;
    const envelope = { host: given.host ?? parts.host, source, sourcetype, ...(index !== undefined && { index }) };
    this.#envelope = JSON.stringify(envelope).slice(1, -1);
    this.limits = limitsFor(this.#envelope, parts.document);
  }

  async send(batch: Batch, signal: AbortSignal): Promise<{ readonly outcomes: Promise<readonly Outcome[]> }> {
    signal.throwIfAborted();
    if (this.#closed) throw new Error('the forwarder is closed');
    return { outcomes: this.#deliver(batch, signal) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#pool.destroy();
  }

  async #deliver(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { clock } = this.#parts;
    if (!isHeaderValue(this.#options.token.reveal())) return forAll(batch, unusableToken);
    const body = this.#body(batch);
    try {
      const reply = await withDeadline(
        clock,
        this.#options.timeout_ms,
        (deadline) => this.#post(body, deadline),
        signal,
      );
      return hecOutcomes(batch, reply, clock.now());
    } catch (error) {
      signal.throwIfAborted();
      return forAll(batch, failure(error));
    }
  }

  /** Objects end to end; every envelope is whole, since nothing carries over from one to the next, and knows no other key. */
  #body(batch: Batch): Buffer {
    const out = new ByteWriter(batch.documents.bytes.length + batch.sequences.length * 512);
    batch.sequences.forEach((sequence, i) => {
      const { id, time, action, outcome } = parseHead(slice(batch.heads, i));
      const fields = { event_id: id, event_action: action, event_outcome: outcome ?? 'unknown' };
      out.text(`{"time":"${epochSeconds(time)}",${this.#envelope},"fields":${JSON.stringify(fields)},"event":`);
      this.#write(out, batch, i, sequence);
      out.ascii('}\n');
    });
    return out.finish();
  }

  async #post(bytes: Buffer, signal: AbortSignal): Promise<HecReply> {
    const { gzip: compress, token } = this.#options;
    const body = compress ? await gzipped(bytes, { level: 1 }) : bytes;
    const headers = {
      authorization: `Splunk ${token.reveal()}`,
      'content-type': 'application/json',
      'x-splunk-request-channel': this.#channel,
      ...(compress && { 'content-encoding': 'gzip' }),
    };
    const response = await this.#pool.request({ method: 'POST', path: this.#path, headers, body, signal });
    const retryAfter = response.headers['retry-after'];
    return {
      status: response.statusCode,
      body: await limited(response.body),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
    };
  }
}

/** What of a request's bytes is left for stored documents. `event.original` is none of them and adds up to as much again. */
function limitsFor(envelope: string, { original, tags }: DocumentOptions): Limits {
  const added = ENVELOPE_BYTES + Buffer.byteLength(envelope) + Buffer.byteLength(JSON.stringify(tags));
  const bytes = Math.max(1, BODY_BYTES_MAX - EVENTS_MAX * added);
  return { events: EVENTS_MAX, bytes: original ? Math.ceil(bytes / 2) : bytes, underWay: UNDER_WAY_MAX };
}

/** The start of an answer; what is too long is cut and not read on. */
async function limited(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8');
}

const isHeaderValue = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);
const unusableToken: Outcome = {
  kind: 'paused',
  reason: 'token: it is empty or has a space, line break or other character that no header may hold',
};

/** `2026-01-01T00:00:00.123Z` as `1767225600.123`, in digits: floating point would change the last one. */
function epochSeconds(time: string): string {
  const ms = Date.parse(time);
  const sign = ms < 0 ? '-' : '';
  const digits = String(Math.abs(ms)).padStart(4, '0');
  return `${sign}${digits.slice(0, -3)}.${digits.slice(-3)}`;
}
