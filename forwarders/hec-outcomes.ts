import { oneLine, retryAfterMs } from './failure.ts';
import { forAll, type Batch, type Outcome } from './forwarder.ts';

/** HEC reply codes, as far as they do not follow from the HTTP status. */
const ACCEPTED = new Set([0, 24, 25]);
const PAUSED = new Set([1, 2, 3, 4, 7, 10, 11, 14, 16, 21, 22]);
const RETRY = new Set([8, 9, 18, 19, 20, 23, 26, 27]);
/** 400, and the events before `invalid-event-number` are indexed all the same. */
const PARTIAL = new Set([5, 6, 12, 13, 15]);

const ADVICE: Readonly<Record<number, string>> = {
  7: 'the token may not write to this index',
  10:
    'the token asks for acknowledgement and the header X-Splunk-Request-Channel, which is always sent, did not get there; ' +
    'let the proxy pass it, or switch indexer acknowledgement off for this token',
};

export interface HecReply {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

/** What a reply of the HTTP Event Collector means for each event of the batch. */
export function hecOutcomes(batch: Batch, { status, body, retryAfter }: HecReply, now: number): readonly Outcome[] {
  const reply = parse(body);
  const reason = reply
    ? oneLine(`${status} code ${reply.code}: ${reply.text}${ADVICE[reply.code] ? ` (${ADVICE[reply.code]!})` : ''}`)
    : `${status}, and no HEC answer: ${seen(body)}`;
  if (reply && status === 200 && ACCEPTED.has(reply.code))
    return forAll(batch, { kind: 'delivered', proof: 'accepted' });
  if (reply && PARTIAL.has(reply.code)) return partial(batch, reply.invalid, reason);
  if (reply && PAUSED.has(reply.code)) return forAll(batch, { kind: 'paused', reason });
  if (reply && RETRY.has(reply.code)) return forAll(batch, retry(reason, retryAfter, now));
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return forAll(batch, retry(reason, retryAfter, now));
  if (status === 413) return forAll(batch, { kind: 'split', reason });
  // Something took it, and it was not a collector: it may have arrived.
  if (status >= 200 && status < 300) return forAll(batch, { kind: 'ambiguous', reason: `${reason}; check url` });
  return forAll(batch, { kind: 'paused', reason });
}

/** Those before the bad one are indexed; it is not, and neither is any behind it: they are sent again at once. */
function partial(batch: Batch, invalid: number | null, reason: string): readonly Outcome[] {
  const n = batch.sequences.length;
  if (invalid === null || invalid >= n) return forAll(batch, { kind: 'split', reason });
  return Array.from({ length: n }, (_, i): Outcome => {
    if (i < invalid) return { kind: 'delivered', proof: 'accepted' };
    if (i === invalid) return { kind: 'rejected', reason };
    return { kind: 'retry', reason: 'not taken, because it stands behind a refused event', afterMs: 0 };
  });
}

const retry = (reason: string, retryAfter: string | null, now: number): Outcome => {
  const afterMs = retryAfterMs(retryAfter, now);
  return { kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) };
};

interface Reply {
  readonly code: number;
  readonly text: string;
  readonly invalid: number | null;
}

function parse(body: string): Reply | null {
  try {
    const { code, text, 'invalid-event-number': invalid } = JSON.parse(body) as Record<string, unknown>;
    if (typeof code !== 'number') return null;
    return { code, text: typeof text === 'string' ? text : '', invalid: isPlace(invalid) ? invalid : null };
  } catch {
    return null;
  }
}

const isPlace = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** The kind of answer, never its text. */
const seen = (body: string): string =>
  /^\s*<(!doctype|html)/i.test(body)
    ? `an HTML page of ${body.length} characters`
    : `text of ${body.length} characters`;
