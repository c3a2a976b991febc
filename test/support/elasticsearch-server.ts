import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

/** What the server does wrong, by chance (0 to 1) or by a rule; change it while it runs. */
export interface Faults {
  /** The whole request is refused, nothing stored. */
  p429?: number;
  p503?: number;
  /** The connection is reset before or after the events were stored. */
  pResetBefore?: number;
  pResetAfter?: number;
  /** Single documents are refused with 429. */
  pItem429?: number;
  retryAfter?: string;
  /** One document, as text: what it is refused with, or null. */
  refuse?: (document: string) => { readonly status: number; readonly type: string; readonly reason: string } | null;
  /** Answers every request with this instead. */
  answer?: { readonly status: number; readonly body: string; readonly type?: string } | null;
  /** Documents in a larger body are not stored: 413. */
  bodyBytesMax?: number;
  /** Never answers. */
  hang?: boolean;
  failureStore?: boolean;
}

export interface ElasticsearchServer extends AsyncDisposable {
  readonly url: string;
  faults: Faults;
  /** `opensearch` tells so, does not know `require_data_stream`, and makes plain indexes. */
  distribution: 'elasticsearch' | 'opensearch';
  /** Streams that exist; `null`: any. */
  streams: Set<string> | null;
  /** Whether there is a template that lets a data stream be made. */
  templates: boolean;
  readonly requests: {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
    readonly bytes: number;
  }[];
  /** `stream id` of every document, in the order of arrival. */
  ids(): string[];
  documents(): string[];
  counts(): Counts;
}

export interface Counts {
  readonly requests: number;
  readonly stored: number;
  /** Items with a known id: answered 409. */
  readonly duplicates: number;
}

const NEWLINE = 0x0a;

/** The bulk part of Elasticsearch on loopback: `create` stores each id of a stream once. Documents are not parsed. */
export async function startElasticsearch({
  port = 0,
  seed = 1,
  keepDocuments = true,
} = {}): Promise<ElasticsearchServer> {
  const stored = new Map<string, string>();
  let duplicates = 0;
  let count = 0;
  let state = seed;
  const chance = (p = 0): boolean => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return state / 0x7fffffff < p;
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handle(request, response, Buffer.concat(chunks)));
    request.on('error', () => undefined);
  });

  const handle = (request: IncomingMessage, response: ServerResponse, raw: Buffer): void => {
    const url = new URL(request.url!, 'http://es');
    const json = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      const text = JSON.stringify(body);
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch', ...headers })
        .end(text);
    };
    const error = (status: number, type: string, reason: string, headers = {}): void =>
      json(status, { error: { type, reason }, status }, headers);
    if (url.pathname.startsWith('/_audit/')) {
      if (url.pathname === '/_audit/counts') return json(200, self.counts());
      const lines = url.pathname === '/_audit/ids' ? self.ids() : self.documents();
      response.end(lines.map((line) => `${line}\n`).join(''));
      return;
    }
    self.requests.push({ method: request.method!, path: request.url!, headers: request.headers, bytes: raw.length });
    const { faults } = self;
    if (faults.hang) return;
    if (faults.answer) {
      response
        .writeHead(faults.answer.status, { 'content-type': faults.answer.type ?? 'text/html' })
        .end(faults.answer.body);
      return;
    }
    if (url.pathname === '/') {
      return json(200, {
        version: { number: '8.19.0', ...(self.distribution === 'opensearch' && { distribution: 'opensearch' }) },
      });
    }
    if (url.pathname.startsWith('/_data_stream/')) {
      const name = url.pathname.split('/')[2]!;
      if (request.method === 'PUT') {
        if (!self.templates)
          return error(400, 'illegal_argument_exception', `no matching index template found for data stream [${name}]`);
        self.streams?.add(name);
        return json(200, { acknowledged: true });
      }
      return self.streams === null || self.streams.has(name)
        ? json(200, { data_streams: [{ name }] })
        : error(404, 'index_not_found_exception', `no such index [${name}]`);
    }
    if (!url.pathname.endsWith('/_bulk')) return error(404, 'not_found', 'unknown path');
    count++;
    const retryAfter = faults.retryAfter === undefined ? {} : { 'retry-after': faults.retryAfter };
    if (chance(faults.p429))
      return error(429, 'es_rejected_execution_exception', 'rejected execution of coordinating operation', retryAfter);
    if (chance(faults.p503))
      return error(503, 'unavailable_shards_exception', 'primary shard is not active', retryAfter);
    if (self.distribution === 'opensearch' && url.searchParams.has('require_data_stream')) {
      return error(
        400,
        'illegal_argument_exception',
        'request [/_bulk] contains unrecognized parameter: [require_data_stream]',
      );
    }
    if (chance(faults.pResetBefore)) return void request.socket.destroy();
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    if (faults.bodyBytesMax !== undefined && body.length > faults.bodyBytesMax)
      return error(413, 'content_too_long', 'entity content is too long');
    if (body.at(-1) !== NEWLINE)
      return error(400, 'illegal_argument_exception', 'The bulk request must be terminated by a newline [\\n]');
    const items = bulk(
      body,
      url.pathname === '/_bulk' ? null : url.pathname.split('/')[1]!,
      url.searchParams.has('require_data_stream'),
    );
    if (chance(faults.pResetAfter)) return void request.socket.destroy();
    json(200, { errors: items.some(({ create }) => create.status >= 300), items });
  };

  const bulk = (
    body: Buffer,
    target: string | null,
    required: boolean,
  ): { create: { status: number; error?: object; failure_store?: string } }[] => {
    const items = [];
    for (let at = 0; at < body.length;) {
      const actionEnd = body.indexOf(NEWLINE, at);
      const { create } = JSON.parse(body.toString('utf8', at, actionEnd)) as {
        create: { _id: string; _index?: string };
      };
      const end = body.indexOf(NEWLINE, actionEnd + 1);
      items.push({ create: store(create._index ?? target!, create._id, body, actionEnd + 1, end, required) });
      at = end + 1;
    }
    return items;
  };

  const store = (
    stream: string,
    id: string,
    body: Buffer,
    from: number,
    to: number,
    required: boolean,
  ): { status: number; error?: object; failure_store?: string } => {
    const { faults } = self;
    if (required && self.templates) self.streams?.add(stream);
    if (required && self.streams !== null && !self.streams.has(stream)) {
      return {
        status: 404,
        error: {
          type: 'index_not_found_exception',
          reason: `no such index [${stream}] and [require_data_stream] request is [true]`,
        },
      };
    }
    const refused = faults.refuse?.(body.toString('utf8', from, to));
    if (refused) return { status: refused.status, error: { type: refused.type, reason: refused.reason } };
    if (chance(faults.pItem429))
      return { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'queue is full' } };
    const key = `${stream} ${id}`;
    if (stored.has(key)) {
      duplicates++;
      return {
        status: 409,
        error: {
          type: 'version_conflict_engine_exception',
          reason: `[${id}]: version conflict, document already exists`,
        },
      };
    }
    stored.set(key, keepDocuments ? body.toString('utf8', from, to) : '');
    return { status: 201, ...(faults.failureStore && { failure_store: 'used' }) };
  };

  const self: ElasticsearchServer = {
    url: '',
    faults: {},
    distribution: 'elasticsearch',
    streams: null,
    templates: false,
    requests: [],
    ids: () => [...stored.keys()],
    documents: () => [...stored.values()],
    counts: () => ({ requests: count, stored: stored.size, duplicates }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(self, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

// As a program: node test/support/elasticsearch-server.ts --port 0 --p429 0.1 … ; it says where it listens as one JSON line.
if (process.argv[1]?.endsWith('elasticsearch-server.ts')) {
  const numbers = ['port', 'seed', 'p429', 'p503', 'pResetBefore', 'pResetAfter', 'pItem429'] as const;
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(numbers.map((name) => [name, { type: 'string', default: '0' }] as const)),
      bare: { type: 'boolean', default: false },
    },
  });
  const { port, seed, ...faults } = Object.fromEntries(
    numbers.map((name) => [name, Number((values as Record<string, unknown>)[name])]),
  );
  const server = await startElasticsearch({ port: port!, seed: seed || 1, keepDocuments: !values.bare });
  server.faults = faults;
  process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
  process.on('SIGTERM', () => process.exit(0));
}
