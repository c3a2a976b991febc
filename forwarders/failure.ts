import { DeadlineExceeded } from './deadline.ts';
import type { Outcome } from './forwarder.ts';
import { isCertificateError } from './tls.ts';

/** The connection never stood, so nothing can have arrived. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'EADDRNOTAVAIL',
]);

/** The first system code along an error's causes, or the one its text names: libraries wrap what the system said. */
function codeOf(error: unknown): string {
  for (let at: unknown = error; Error.isError(at); at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  const text = Error.isError(error) ? error.message : '';
  if (/certificate|altnames|SSL routines/i.test(text)) return 'ERR_TLS_CERTIFICATE';
  return /\bE[A-Z_]{4,}\b/.exec(text)?.[0] ?? '';
}

/** What a call that failed below the protocol means for its events. */
export function failure(error: unknown): Outcome {
  if (error instanceof DeadlineExceeded) return { kind: 'ambiguous', reason: error.message };
  const code = codeOf(error);
  const reason = messageOf(error, code);
  if (isCertificateError(code)) return { kind: 'paused', reason: `TLS: ${reason}` };
  if (NOT_SENT.has(code)) return { kind: 'retry', reason };
  return { kind: 'ambiguous', reason };
}

/** The innermost message, short and on one line. */
function messageOf(error: unknown, code: string): string {
  let message = '';
  for (let at: unknown = error; Error.isError(at); at = at.cause) if (at.message !== '') message = at.message;
  return oneLine(message === '' ? code || String(error) : message.replace(OPENSSL, '$1'));
}

/** `thread:error:code:library:function:what happened:file:line:more`, of which people need the sixth. */
const OPENSSL = /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):.*$/s;

const REASON_CHARACTERS_MAX = 500;
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, REASON_CHARACTERS_MAX);

/** `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), in ms from `now`; at most an hour. */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, RETRY_AFTER_MS_MAX) : undefined;
}
const RETRY_AFTER_MS_MAX = 3_600_000;
