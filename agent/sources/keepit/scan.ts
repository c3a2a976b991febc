import type { Clock } from '../../../forwarders/clock.ts';
import type { AuditRecord } from '../../../mappings/record.ts';
import { BadAnswer, type WireRecord } from './audit-xml.ts';
import type { AnswerPage, PageRequest } from './client.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { KnownRecords } from './known-records.ts';

/** Records beyond that want a shorter window. */
const PAGES_MAX = 400;
/** A result set that moves is read again so often. */
const PASSES_MAX = 5;

export interface ScanParts {
  readonly fetch: (request: PageRequest, signal: AbortSignal) => Promise<AnswerPage>;
  readonly known: KnownRecords;
  readonly clock: Clock;
  /** A scan that took longer than this looks whether the set has moved meanwhile, ms. */
  readonly lagMs: number;
}

/** A record that was not stored before. */
export interface NewRecord {
  readonly record: AuditRecord;
  readonly fingerprint: string;
  /** ms since the epoch; NaN where the record has none. */
  readonly time: number;
}

/** The window holds more than one scan takes. */
export class WindowTooLarge extends Error {
  override readonly name = 'WindowTooLarge';
}

/**
 * Reads one window to its end: what is new of each answer, until an answer names no next offset. A short page proves
 * nothing. Equal records are told apart by their number within one pass, so a pass that the set moved under is repeated.
 */
export async function* scanWindow(
  parts: ScanParts,
  window: Omit<PageRequest, 'offset'>,
  signal: AbortSignal,
): AsyncGenerator<readonly NewRecord[]> {
  for (let pass = 1; ; pass++) {
    const started = parts.clock.monotonic();
    const counts = new Map<string, number>();
    let first: string | null = null;
    let offset: number | null = 0;
    let pages = 0;
    for (; offset !== null; pages++) {
      if (pages === PAGES_MAX) throw new WindowTooLarge(`more than ${PAGES_MAX} pages in one window`);
      const answer: AnswerPage = await parts.fetch({ ...window, offset }, signal);
      first ??= marksOf(answer.records);
      yield newOf(answer.records, counts, parts.known);
      offset = answer.nextOffset;
    }
    if (pages === 1 || parts.clock.monotonic() - started <= parts.lagMs) return;
    if (marksOf((await parts.fetch({ ...window, offset: 0 }, signal)).records) === first) return;
    if (pass === PASSES_MAX) throw new BadAnswer(`the records of one window moved during ${PASSES_MAX} scans of it`);
  }
}

const marksOf = (records: readonly WireRecord[]): string => records.map(({ fields }) => fingerprintOf(fields)).join();

function newOf(found: readonly WireRecord[], counts: Map<string, number>, known: KnownRecords): readonly NewRecord[] {
  return found.flatMap(({ bytes, hash, fields, truncated }) => {
    const fingerprint = fingerprintOf(fields);
    const time = Date.parse(String(fields['time']));
    const n = counts.get(fingerprint) ?? 0;
    counts.set(fingerprint, n + 1);
    if (n < known.count(fingerprint, time)) return [];
    const nativeId = n === 0 ? fingerprint : `${fingerprint}-${n}`;
    const record = { bytes, fields, nativeId, hash, ...(truncated && { tags: ['record-truncated'] }) };
    return [{ record, fingerprint, time }];
  });
}
