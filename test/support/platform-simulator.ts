import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A record as the platform keeps it. */
export interface SimulatedRecord {
  readonly account: string;
  /** ms since the epoch */
  readonly time: number;
  /** When it can be found, ms since the epoch: some appear late. */
  readonly appears: number;
  readonly token: string;
  readonly message: string;
  readonly area: string;
  readonly metadata: readonly (readonly [key: string, value: string])[];
}

/** What one request meets; `null` is an honest answer. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: 'html' | 'cut' | 'reset' | 'wrong-root' | 'doctype' | 'stuck-offset' | 'odd-offset' };

export interface SimulatorOptions {
  readonly now: () => number;
  /** The platform's clock is ahead of ours by so much. */
  readonly clockOffsetMs: number;
  readonly order: 'newest' | 'oldest';
  /** Whether a window's ends belong to it. */
  readonly inclusive: boolean;
  /** Answers hold two records fewer than asked for, as one public client has seen. */
  readonly shortPages: boolean;
  /** Sub-accounts by account, for `recursive`. */
  readonly children: Readonly<Record<string, readonly string[]>>;
}

const LOGIN = 'login';
const PASSWORD = 'password';

/** The platform's audit API on loopback, as far as public clients have shown how it behaves, with faults by script. */
export class PlatformSimulator implements AsyncDisposable {
  readonly records: SimulatedRecord[] = [];
  requests = 0;
  /** Asked before each answer. */
  fault: () => Fault | null = () => null;
  readonly #options: SimulatorOptions;
  readonly #server: Server;

  private constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(given: Partial<SimulatorOptions> & Pick<SimulatorOptions, 'now'>): Promise<PlatformSimulator> {
    const simulator = new PlatformSimulator({
      clockOffsetMs: 0, order: 'newest', inclusive: true, shortPages: true, children: {}, ...given,
    }); // prettier-ignore
    await new Promise<void>((resolve) => simulator.#server.listen(0, '127.0.0.1', () => resolve()));
    return simulator;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  readonly credentials = { login: LOGIN, password: PASSWORD };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    let body = '';
    for await (const piece of request) body += String(piece);
    const url = new URL(request.url ?? '/', 'http://platform');
    const expected = `Basic ${Buffer.from(`${LOGIN}:${PASSWORD}`).toString('base64')}`;
    const fault = this.fault();
    if (request.method !== 'PUT' || url.pathname !== '/audit/filter/pretty') answer(response, 404, '');
    else if (request.headers.authorization !== expected) answer(response, 401, '<error/>');
    else if (fault?.kind === 'status') {
      const headers = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
      answer(response, fault.status, '<error>of some tenant</error>', headers);
    } else {
      const page = this.#page(body, Number(url.searchParams.get('limit')), Number(url.searchParams.get('offset')));
      spoil(response, page.xml, page.headers, fault);
    }
  }

  #page(filter: string, limit: number, offset: number): { readonly xml: string; readonly headers: Headers } {
    const found = this.#matching(filter);
    const most = Math.max(1, this.#options.shortPages ? limit - 2 : limit);
    const page = found.slice(offset, offset + most);
    const next = offset + page.length;
    const headers: Headers = { offset: `${offset}`, ...(next < found.length && { 'next-offset': `${next}` }) };
    return { xml: `<?xml version="1.0" encoding="UTF-8"?>\n<audit>${page.map(recordXml).join('\n')}</audit>`, headers };
  }

  #matching(filter: string): readonly SimulatedRecord[] {
    const text = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(filter)?.[1];
    const account = text('account')!;
    const accounts = [account, ...(text('recursive') === 'true' ? (this.#options.children[account] ?? []) : [])];
    const from = Date.parse(text('from')!);
    const to = Date.parse(text('to')!);
    const area = text('area');
    const now = this.#options.now() + this.#options.clockOffsetMs;
    const { inclusive, order } = this.#options;
    return this.records
      .filter((record) => accounts.includes(record.account) && record.appears <= now)
      .filter(({ time }) => (inclusive ? time >= from && time <= to : time > from && time < to))
      .filter((record) => area === undefined || record.area === area)
      .sort((a, b) => (order === 'newest' ? b.time - a.time : a.time - b.time));
  }
}

type Headers = Readonly<Record<string, string>>;

/** The answer as the fault leaves it. */
function spoil(response: ServerResponse, xml: string, headers: Headers, fault: Fault | null): void {
  switch (fault?.kind) {
    case 'html':
      answer(response, 200, '<!DOCTYPE html><html><body>Sign in</body></html>');
      break;
    case 'wrong-root':
      answer(response, 200, '<error>try again</error>');
      break;
    case 'doctype':
      answer(response, 200, `<!DOCTYPE audit [<!ENTITY a "b">]>${xml}`);
      break;
    case 'cut':
      answer(response, 200, xml.slice(0, Math.floor(xml.length * 0.7)), headers);
      break;
    case 'reset':
      response.writeHead(200, headers).write(xml.slice(0, Math.floor(xml.length / 2)), () => response.destroy());
      break;
    case 'stuck-offset':
      answer(response, 200, xml, { ...headers, 'next-offset': headers['offset']! });
      break;
    case 'odd-offset':
      answer(response, 200, xml, { ...headers, 'next-offset': 'none' });
      break;
    case 'status':
    case undefined:
      answer(response, 200, xml, headers);
  }
}

function answer(response: ServerResponse, status: number, body: string, headers: Headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function recordXml({ account, time, token, message, area, metadata }: SimulatedRecord): string {
  const parameters = metadata.map(
    ([key, value]) => `<parameter><key>${escaped(key)}</key><value>${escaped(value)}</value></parameter>`,
  );
  return (
    `<record><account>${account}</account><token>${escaped(token)}</token><client-ip>203.0.113.7</client-ip>` +
    `<acl>Token</acl><allowed>true</allowed><method>post</method><message>${escaped(message)}</message>` +
    `<succeeded>true</succeeded><area>${escaped(area)}</area><company>Example Ltd</company>` +
    `<time>${new Date(time).toISOString()}</time>` +
    (parameters.length > 0 ? `<metadata>${parameters.join('')}</metadata>` : '<metadata />') +
    '</record>'
  );
}
