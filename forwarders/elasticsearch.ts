import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Client, ClientOptions } from '@elastic/elasticsearch';
import { objectSchema, type Options } from '../config/schema.ts';
import { documentWriter } from '../mappings/document.ts';
import { withDeadline } from './deadline.ts';
import { bulkBody, type BulkBody } from './elasticsearch-body.ts';
import { itemOutcome, requestOutcome, strangeAnswer, type BulkItem } from './elasticsearch-outcomes.ts';
import { failure, oneLine } from './failure.ts';
import { forAll, forwarderKind, type Batch, type Forwarder, type ForwarderParts, type Outcome } from './forwarder.ts';
import { connectionOptions, tlsOptions } from './tls.ts';

const options = objectSchema({
  type: 'object',
  description: 'Elasticsearch 8 and 9, OpenSearch 2 and 3: each event once, into a data stream.',
  properties: {
    nodes: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', format: 'uri', description: 'An address, such as https://es.example:9200.' },
      description: 'Addresses of the cluster; they are used in turn.',
      examples: [['https://es.example:9200']],
    },
    cloud_id: { type: 'string', description: 'The id of an Elastic Cloud deployment, instead of nodes.' },
    api_key: { type: 'string', secret: true, description: 'An API key, as Kibana shows it (base64).' },
    username: { type: 'string', description: 'With password, instead of an API key.' },
    password: { type: 'string', secret: true, description: 'The password of username.' },
    namespace: {
      type: 'string',
      pattern: '^[^-\\\\/*?"<>|,#: A-Z]{1,100}$',
      default: 'default',
      description: 'The last part of the data stream’s name: lower case, without -.',
    },
    pipeline: { type: 'string', description: 'An ingest pipeline to run, beside that of the index.' },
    gzip: { type: 'boolean', default: true, description: 'Compress requests (level 1).' },
    timeout_ms: { type: 'integer', minimum: 1, default: 30_000, description: 'Longest wait for one answer, in ms.' },
    tls: tlsOptions,
  },
});
type ElasticsearchOptions = Options<typeof options>;

export const elasticsearch = forwarderKind({ type: 'elasticsearch', options, open });

/** A limit of ours; the server's own is 100 MB by default. */
const BODY_BYTES_MAX = 5 * 1024 * 1024;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** Asks for little: what decides, item by item. */
const FILTER_PATH = 'errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store';
/** An answer with any status is an answer. */
const ANY_STATUS = Array.from({ length: 300 }, (_, i) => 300 + i);
const gzipped = promisify(gzip);

async function open(given: ElasticsearchOptions, parts: ForwarderParts): Promise<Forwarder> {
  if ((given.nodes === undefined) === (given.cloud_id === undefined)) {
    throw new Error(`destination ${parts.name}: give either nodes or cloud_id`);
  }
  if (
    (given.username === undefined) !== (given.password === undefined) ||
    (given.api_key && given.username !== undefined)
  ) {
    throw new Error(`destination ${parts.name}: give either api_key, or username and password together`);
  }
  const client = await openClient(given);
  return new ElasticsearchForwarder(client, given, parts);
}

/** One header path for every server: the client's own would be refused by 8.x and OpenSearch. It never retries. */
async function openClient(given: ElasticsearchOptions): Promise<Client> {
  const { Client, Transport, UndiciConnection } = await import('@elastic/elasticsearch');
  class PlainTransport extends Transport {
    constructor(settings: ConstructorParameters<typeof Transport>[0]) {
      super({
        ...settings,
        productCheck: null as unknown as string,
        vendoredHeaders: {
          jsonContentType: 'application/json',
          ndjsonContentType: 'application/x-ndjson',
          accept: 'application/json',
        },
      });
    }
  }
  const { nodes, cloud_id: id, api_key: apiKey, username, password, tls } = given;
  const auth = apiKey
    ? { apiKey: apiKey.reveal() }
    : username !== undefined && password
      ? { username, password: password.reveal() }
      : undefined;
  const settings: ClientOptions = {
    ...(nodes && { nodes: [...nodes] }),
    ...(id !== undefined && { cloud: { id } }),
    ...(auth && { auth }),
    ...(tls && { tls: connectionOptions(tls) }),
    Transport: PlainTransport,
    Connection: UndiciConnection,
    maxRetries: 0,
    sniffOnStart: false,
    enableMetaHeader: false,
    requestTimeout: given.timeout_ms,
    maxResponseSize: ANSWER_BYTES_MAX,
    redaction: { type: 'remove' },
  };
  return new Client(settings);
}

class NothingSent extends Error {}

interface Answer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

class ElasticsearchForwarder implements Forwarder {
  readonly limits = { events: 500, bytes: BODY_BYTES_MAX, underWay: 4 };
  readonly #client: Client;
  readonly #options: ElasticsearchOptions;
  readonly #parts: ForwarderParts;
  readonly #write: ReturnType<typeof documentWriter>;
  readonly #closing = new AbortController();
  #distribution: 'elasticsearch' | 'opensearch' | null = null;
  /** Data streams that are known to be there, on a server that would make a plain index in silence. */
  readonly #streams = new Set<string>();

  constructor(client: Client, given: ElasticsearchOptions, parts: ForwarderParts) {
    this.#client = client;
    this.#options = given;
    this.#parts = parts;
    this.#write = documentWriter(parts.document, { namespace: given.namespace });
  }

  async send(batch: Batch, signal: AbortSignal): Promise<{ readonly outcomes: Promise<readonly Outcome[]> }> {
    this.#closing.signal.throwIfAborted();
    return { outcomes: this.#deliver(batch, signal) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the forwarder is closed'));
    await this.#client.close();
  }

  async #deliver(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const body = bulkBody(batch, this.#write, this.#options.namespace);
    try {
      const work = async (deadline: AbortSignal): Promise<readonly Outcome[]> => {
        const obstacle = await this.#prepare(body, deadline);
        return obstacle
          ? forAll(batch, obstacle)
          : outcomesOf(batch, await this.#bulk(body, deadline), this.#parts.clock.now());
      };
      return await withDeadline(this.#parts.clock, this.#options.timeout_ms, work, signal);
    } catch (error) {
      signal.throwIfAborted();
      return forAll(batch, error instanceof NothingSent ? { kind: 'retry', reason: error.message } : failure(error));
    }
  }

  /**
   * Learns once what the server is. OpenSearch makes a plain index in silence where there is no data stream, so there the
   * stream is made sure of before the first event; Elasticsearch refuses by itself (`require_data_stream`).
   */
  async #prepare({ streams }: BulkBody, signal: AbortSignal): Promise<Outcome | null> {
    if (this.#distribution === null) {
      const { statusCode, body, headers } = await this.#request('GET', '/', signal).catch(notAsked);
      const version = (body as { version?: { distribution?: string } } | null)?.version;
      const isAnswer = (statusCode === 200 && version !== undefined) || statusCode === 404 || statusCode === 405;
      if (!isAnswer)
        return statusCode === 200
          ? strangeAnswer(body)
          : requestOutcome(statusCode, body, retryAfter(headers), this.#parts.clock.now());
      this.#distribution = version?.distribution === 'opensearch' ? 'opensearch' : 'elasticsearch';
    }
    if (this.#distribution === 'elasticsearch') return null;
    for (const stream of streams) {
      const obstacle = this.#streams.has(stream) ? null : await this.#ensureStream(stream, signal);
      if (obstacle) return obstacle;
      this.#streams.add(stream);
    }
    return null;
  }

  /** Makes the data stream if it is not there; that needs a template which says so, and fails without one. */
  async #ensureStream(stream: string, signal: AbortSignal): Promise<Outcome | null> {
    const now = this.#parts.clock.now();
    const found = await this.#request('GET', `/_data_stream/${stream}`, signal);
    if (found.statusCode === 200) return null;
    if (found.statusCode !== 404) return requestOutcome(found.statusCode, found.body, retryAfter(found.headers), now);
    const made = await this.#request('PUT', `/_data_stream/${stream}`, signal);
    const { type = '', reason = '' } =
      (made.body as { error?: { type?: string; reason?: string } } | null)?.error ?? {};
    if (made.statusCode === 200 || type === 'resource_already_exists_exception') return null;
    if (made.statusCode !== 400) return requestOutcome(made.statusCode, made.body, retryAfter(made.headers), now);
    return {
      kind: 'paused',
      reason: oneLine(
        `${stream} is no data stream, and cannot be made: ${reason}; install an index template with data_stream for it`,
      ),
    };
  }

  async #bulk({ streams, bytes }: BulkBody, signal: AbortSignal): Promise<Answer> {
    const path = streams.length === 1 ? `/${streams[0]!}/_bulk` : '/_bulk';
    const querystring = {
      filter_path: FILTER_PATH,
      ...(this.#distribution === 'elasticsearch' && { require_data_stream: 'true' }),
      ...(this.#options.pipeline !== undefined && { pipeline: this.#options.pipeline }),
    };
    const body = this.#options.gzip ? await gzipped(bytes, { level: 1 }) : bytes;
    const headers = {
      'content-type': 'application/x-ndjson',
      ...(this.#options.gzip && { 'content-encoding': 'gzip' }),
    };
    return await this.#request('POST', path, signal, { body, querystring, headers });
  }

  async #request(
    method: string,
    path: string,
    signal: AbortSignal,
    {
      headers,
      ...more
    }: { body?: Buffer; querystring?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const closing = this.#closing.signal;
    signal.throwIfAborted();
    closing.throwIfAborted();
    const inner = new AbortController();
    const abort = (): void => inner.abort();
    signal.addEventListener('abort', abort, { once: true });
    closing.addEventListener('abort', abort, { once: true });
    try {
      const meta = { meta: true as const, signal: inner.signal, ignore: ANY_STATUS, ...(headers && { headers }) };
      const answer = await this.#client.transport.request({ method, path, ...more }, meta);
      return { statusCode: answer.statusCode, body: answer.body, headers: answer.headers };
    } catch (error) {
      signal.throwIfAborted(); // the client throws an error of its own
      closing.throwIfAborted();
      if (Error.isError(error) && error.name === 'DeserializationError')
        return { statusCode: 200, body: 'not JSON', headers: {} };
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      closing.removeEventListener('abort', abort);
    }
  }
}

/** One outcome an event; the answer has an item for each, in order. */
function outcomesOf(batch: Batch, { statusCode, body, headers }: Answer, now: number): readonly Outcome[] {
  if (statusCode !== 200) return forAll(batch, requestOutcome(statusCode, body, retryAfter(headers), now));
  const { errors, items } = (typeof body === 'object' && body !== null ? body : {}) as {
    errors?: boolean;
    items?: BulkItem[];
  };
  if (errors === undefined || !Array.isArray(items)) return forAll(batch, strangeAnswer(body));
  if (items.length !== batch.sequences.length) {
    return forAll(batch, {
      kind: 'ambiguous',
      reason: `the answer has ${items.length} items for ${batch.sequences.length} events`,
    });
  }
  return items.map(itemOutcome);
}

/** Before a server has said what it is nothing was sent, so nothing can have arrived. */
function notAsked(error: unknown): never {
  const outcome = failure(error);
  throw outcome.kind === 'ambiguous' && Error.isError(error) ? new NothingSent(outcome.reason) : error;
}

const retryAfter = (headers: Answer['headers']): string | undefined => {
  const value = headers['retry-after'];
  return typeof value === 'string' ? value : undefined;
};
