import type { Pool } from 'undici';
import { withDeadline } from '../../../forwarders/deadline.ts';
import { oneLine, retryAfterMs } from '../../../forwarders/failure.ts';
import type { Clock } from '../../../forwarders/clock.ts';
import { AuditXml, BadAnswer, type WireRecord } from './audit-xml.ts';

/** One request of a scan. Times are ms since the epoch, whole seconds. */
export interface PageRequest {
  readonly account: string;
  readonly from: number;
  readonly to: number;
  readonly recursive: boolean;
  readonly area: string | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** One answer, read to its end. */
export interface AnswerPage {
  readonly records: readonly WireRecord[];
  /** Where the next page begins; `null` on the last one, and nothing else says that it is. */
  readonly nextOffset: number | null;
}

/** The platform refuses us (400, 401, 403, 404): trying again cannot mend that. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** The platform cannot answer now. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly afterMs: number;

  constructor(message: string, afterMs: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

const REFUSED: Readonly<Record<number, string>> = {
  400: 'the platform does not understand the request: is account an id such as aaaaaa-bbbbbb-cccccc?',
  401: 'the platform does not accept login and password: is the API token still valid?',
  403: 'the token may not read the audit log: it needs the permission AuditFilter (role Audit, for one)',
  404: 'the platform does not know the account or the address: check url and account',
};

/** v3 knows `recursive`, v4 is what every single-account client uses. */
const ACCEPT = { one: 'application/vnd.keepit.v4+xml', recursive: 'application/vnd.keepit.v3+xml' } as const;

export interface ClientParts {
  readonly pool: Pool;
  /** The value of `Authorization`. */
  readonly authorization: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** The platform's audit API (`PUT /audit/filter/pretty`): one page, or `Refused`, `Unavailable` or `BadAnswer`. It never retries. */
export async function fetchPage(parts: ClientParts, request: PageRequest, signal: AbortSignal): Promise<AnswerPage> {
  return await withDeadline(parts.clock, parts.timeoutMs, (deadline) => exchange(parts, request, deadline), signal);
}

async function exchange(parts: ClientParts, request: PageRequest, signal: AbortSignal): Promise<AnswerPage> {
  const { pool, authorization, clock } = parts;
  const response = await pool.request({
    method: 'PUT',
    path: `/audit/filter/pretty?limit=${request.limit}&offset=${request.offset}`,
    headers: {
      authorization,
      accept: request.recursive ? ACCEPT.recursive : ACCEPT.one,
      'content-type': 'application/xml',
    },
    body: filterXml(request),
    signal,
  });
  const { statusCode, headers, body } = response;
  if (statusCode !== 200) {
    await body.dump({ limit: 16 * 1024 }).catch(() => undefined);
    const why = REFUSED[statusCode];
    if (why !== undefined) throw new Refused(`HTTP ${statusCode}: ${why}`);
    throw new Unavailable(`HTTP ${statusCode}`, retryAfterMs(one(headers['retry-after']), clock.now()) ?? 0);
  }
  const nextOffset = offsetOf(one(headers['next-offset']), request.offset);
  const xml = new AuditXml();
  const records: WireRecord[] = [];
  for await (const piece of body as AsyncIterable<Uint8Array>) records.push(...xml.push(piece));
  records.push(...xml.end());
  return { records, nextOffset };
}

/** An offset that does not grow would be asked for, for ever. */
function offsetOf(header: string | undefined, offset: number): number | null {
  if (header === undefined) return null;
  const next = /^\d{1,15}$/.test(header.trim()) ? Number(header) : NaN;
  if (next > offset) return next;
  throw new BadAnswer(`next-offset is ${oneLine(header).slice(0, 40)} after offset ${offset}: it must grow`);
}

/** Children in the order that all known clients send. */
function filterXml({ account, from, to, recursive, area }: PageRequest): string {
  const inner = [
    `<account>${escaped(account)}</account>`,
    `<from>${time(from)}</from><to>${time(to)}</to>`,
    recursive ? '<recursive>true</recursive>' : '',
    area === undefined ? '' : `<area>${escaped(area)}</area>`,
  ];
  return `<filter>${inner.join('')}</filter>`;
}

const time = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c]!);

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);
