import { oneLine, retryAfterMs } from './failure.ts';
import type { Outcome } from './forwarder.ts';

/** One item of a bulk answer, as far as it is asked for. */
export interface BulkItem {
  readonly create?: {
    readonly status?: number;
    readonly error?: { readonly type?: string; readonly reason?: string };
    readonly failure_store?: string;
  };
}

/**
 * A reason may quote the event, so only how it begins is looked at: the mapping has no room for more fields, or, where the
 * request's own arguments are meant, what it was sent to is not what it should be.
 */
const MAPPING_FULL = /^(\[\d+:\d+\] )?(failed to parse: )?Limit of total fields \[\d+\]/;
const WRONG_TARGET = /^(only write ops with an op_type|pipeline with id|.{0,40}data stream)/;
/** What became of one event, by its item of a bulk answer with status 200. */
export function itemOutcome({ create }: BulkItem): Outcome {
  if (!create) return { kind: 'ambiguous', reason: 'the answer has an item that is no create' };
  const status = create.status ?? 0;
  const reason = reasonOf(status, create.error);
  // A document in the failure store is not searchable in the stream, whatever the status says.
  if (create.failure_store === 'used') return { kind: 'rejected', reason: `${reason}: it went to the failure store` };
  if (status === 200 || status === 201) return { kind: 'delivered', proof: 'confirmed' };
  // Our own id is there already: an earlier attempt has arrived.
  if (status === 409) return { kind: 'delivered', proof: 'confirmed', duplicate: true };
  if (status === 400) return { kind: isLaneFault(create.error) ? 'paused' : 'rejected', reason };
  if (status === 401 || status === 403 || status === 404) return { kind: 'paused', reason };
  if (status === 413) return { kind: 'rejected', reason };
  if (status === 500) return { kind: 'retry', reason, suspect: true };
  if (status === 429 || (status >= 502 && status <= 504)) return { kind: 'retry', reason };
  return status > 400 && status < 500 ? { kind: 'rejected', reason } : { kind: 'ambiguous', reason };
}

const isLaneFault = ({ type, reason = '' }: { readonly type?: string; readonly reason?: string } = {}): boolean =>
  MAPPING_FULL.test(reason) || (type === 'illegal_argument_exception' && WRONG_TARGET.test(reason));

/** What a whole request that was refused means for each of its events. */
export function requestOutcome(status: number, body: unknown, retryAfter: string | undefined, now: number): Outcome {
  const error = errorOf(body);
  const reason = error ? reasonOf(status, error) : `${status}, and no Elasticsearch answer: ${seen(body)}`;
  const type = error?.type ?? '';
  if (status === 429 || status === 408 || status >= 500) {
    const afterMs = retryAfterMs(retryAfter, now);
    return { kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) };
  }
  if (status === 413) return { kind: 'split', reason };
  if (status === 400) {
    // Our request itself, or the server's version: no event is to blame.
    const isOurs = type === 'media_type_header_exception' || type === 'illegal_argument_exception';
    return { kind: isOurs ? 'paused' : 'split', reason };
  }
  if ([401, 403, 404, 405, 406, 415].includes(status)) return { kind: 'paused', reason };
  if (status >= 300 && status < 400)
    return { kind: 'paused', reason: `${status}: a redirect is never followed; check nodes` };
  return { kind: 'split', reason };
}

/** An answer with status 200 that is none: a login page, a proxy. */
export const strangeAnswer = (body: unknown): Outcome => ({
  kind: 'paused',
  reason: `200, and no Elasticsearch answer: ${seen(body)}; check nodes`,
});

const reasonOf = (status: number, error: { readonly type?: string; readonly reason?: string } | undefined): string =>
  oneLine([status, error?.type].filter(Boolean).join(' ') + (error?.reason ? `: ${error.reason}` : ''));

function errorOf(body: unknown): { readonly type?: string; readonly reason?: string } | undefined {
  const error = (body as { error?: unknown } | null | undefined)?.error;
  return typeof error === 'object' && error !== null ? error : undefined;
}

/** The kind of answer, never its text: it may hold what nobody should log. */
function seen(body: unknown): string {
  if (typeof body !== 'string') return body === undefined || body === null ? 'an empty one' : 'unknown JSON';
  return /^\s*<(!doctype|html)/i.test(body)
    ? `an HTML page of ${body.length} characters`
    : `text of ${body.length} characters`;
}
