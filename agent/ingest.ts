import type { Clock } from '../forwarders/clock.ts';
import type { Log } from '../forwarders/forwarder.ts';
import type { Events } from '../mappings/events.ts';
import { backoffMs, type Backoff } from './backoff.ts';
import { SourceUnavailable, type Page, type Source } from './sources/source.ts';
import type { Store } from './store/store.ts';

/** After a small page the source is left alone for so long: a commit writes some 27 KB however small it is. */
const GATHER_MS = 4;
const SMALL_PAGE_RECORDS = 100;

export interface IngestParts {
  /** The source's permanent id. */
  readonly id: string;
  readonly source: Source;
  /** Records and gaps as events, in blocks. */
  readonly encode: (page: Page) => readonly Events[];
  readonly store: Store;
  /** Told of every page's events once they are stored. */
  readonly onStored: (events: readonly Events[]) => void;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Reads a source into the store: each page's events and its checkpoint go down in one transaction, and only then is the
 * source told (promises P1, P2). A source that throws is read again from what is stored. Ends when the source does.
 */
export async function ingest(parts: IngestParts, signal: AbortSignal): Promise<void> {
  const { id, clock, log } = parts;
  for (let failures = 0; ;) {
    const pending = new Set<Promise<void>>();
    try {
      for await (const page of parts.source.read(await parts.store.checkpoint(id), signal)) {
        await store(page, parts, pending, signal);
        if (failures > 0) log.info('source works again', { source: id });
        failures = 0;
      }
      await Promise.all(pending);
      return;
    } catch (error) {
      await Promise.allSettled(pending);
      if (signal.aborted) return;
      failures++;
      const askedMs = error instanceof SourceUnavailable ? error.afterMs : 0;
      const waitMs = Math.max(askedMs, backoffMs(failures, parts.backoff, clock));
      const reason = Error.isError(error) ? error.message : String(error);
      if (failures === 1) log.warn('source is failing', { source: id, reason, retryInMs: Math.round(waitMs) });
      await clock.sleep(waitMs, signal);
    }
  }
}

async function store(page: Page, parts: IngestParts, pending: Set<Promise<void>>, signal: AbortSignal): Promise<void> {
  const { id, source } = parts;
  const draft = { events: parts.encode(page), gaps: page.gaps.length, learned: page.learned ?? new Map() };
  const { stored } = await parts.store.append(id, draft, page.checkpoint, signal);
  const told = stored.then(() => {
    source.stored?.(page.checkpoint);
    parts.onStored(draft.events);
    pending.delete(told);
  });
  pending.add(told);
  told.catch(() => undefined); // thrown where `pending` is awaited
  if (page.records.length < SMALL_PAGE_RECORDS) await parts.clock.sleep(GATHER_MS, signal);
}
