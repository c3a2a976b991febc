import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { gunzipSync } from 'node:zlib';

interface Envelope {
  readonly event: unknown;
  readonly [key: string]: unknown;
}

export interface HecServer extends AsyncDisposable {
  readonly url: string;
  /** What was indexed, in its order. */
  readonly envelopes: Envelope[];
  /** The text of each indexed envelope's `event`, as it came. */
  readonly events: string[];
  readonly headers: IncomingHttpHeaders[];
  /** Events with this in them are invalid: code 6, with those before them indexed. */
  refuse: string | null;
  /** Answers everything with this instead. */
  answer: { readonly status: number; readonly body: string; readonly headers?: Record<string, string> } | null;
  /** Resets the connection after the events were indexed. */
  resetAfter: boolean;
  hang: boolean;
}

const KEYS = new Set(['time', 'host', 'source', 'sourcetype', 'index', 'event', 'fields']);

/** Splunk's HTTP Event Collector on loopback, event endpoint, as an interop report of the real one describes it. */
export async function startHec(token = 'token', tls?: TlsOptions): Promise<HecServer> {
  const answer: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const reply = (status: number, code: number, text: string, more = {}): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ text, code, ...more }));
      };
      self.headers.push(request.headers);
      if (self.hang) return;
      if (self.answer) return void response.writeHead(self.answer.status, self.answer.headers).end(self.answer.body);
      if (request.headers.authorization === undefined) return reply(401, 2, 'Token is required');
      if (request.headers.authorization !== `Splunk ${token}`) return reply(403, 4, 'Invalid token');
      if (request.url !== '/services/collector/event')
        return reply(404, 404, 'The requested URL was not found on this server.');
      const raw = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8');
      const invalid = index(text);
      if (self.resetAfter) return void request.socket.destroy();
      if (invalid === null) reply(200, 0, 'Success');
      else reply(400, 6, 'Invalid data format', { 'invalid-event-number': invalid });
    });
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);

  /** Indexes object by object up to the first that is invalid; gives back its number. */
  const index = (text: string): number | null => {
    const lines = text.split('\n').filter((line) => line !== '');
    for (const [n, line] of lines.entries()) {
      const envelope = JSON.parse(line) as Envelope;
      // An unknown key makes this object and all behind it vanish, with 200.
      if (Object.keys(envelope).some((key) => !KEYS.has(key))) return null;
      if (self.refuse !== null && line.includes(self.refuse)) return n;
      self.envelopes.push(envelope);
      self.events.push(line.slice(line.indexOf('"event":{') + '"event":'.length, -1));
    }
    return null;
  };

  const self: HecServer = {
    url: '',
    envelopes: [],
    events: [],
    headers: [],
    refuse: null,
    answer: null,
    resetAfter: false,
    hang: false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(self, {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
}
