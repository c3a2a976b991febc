import type { Clock } from '../forwarders/clock.ts';
import type { Log } from '../forwarders/forwarder.ts';
import type { Events } from '../mappings/events.ts';
import { defaultBackoff } from './backoff.ts';
import { drained, stalled } from './drain.ts';
import { ingest } from './ingest.ts';
import { runLane } from './lane.ts';
import { linkedAbort } from './linked-abort.ts';
import type { Lane } from './open-lanes.ts';
import type { ReadySource } from './open-sources.ts';
import { runAll } from './run-all.ts';
import type { OwnEvents } from './sources/own.ts';
import type { Store } from './store/store.ts';
import { version } from './version.ts';

/** Everything that is open and is now to run. */
export interface OpenParts {
  readonly store: Store;
  readonly sources: readonly ReadySource[];
  readonly lanes: readonly Lane[];
  readonly own: OwnEvents;
  readonly encodeOwn: ReadySource['encode'];
  readonly clock: Clock;
  readonly log: Log;
  readonly once: boolean;
  readonly giveUpAfterMs: number;
  readonly onStored: (events: readonly Events[]) => void;
}

/** The agent's own source, by name and id. */
const OWN_SOURCE = 'agent';
/** What is under way at a stop may end within this; then it is cut off, and sent again after the next start. */
const STOP_GRACE_MS = 3_000;

/**
 * The life of an agent: sources are read until they end or the signal aborts; without a stop from outside the lanes drain;
 * then the agent's own last event is stored, and drained too; then the lanes are told to stop, and after a while cut off.
 * Resolves with whether every source was read to its end.
 */
export async function runPhases(parts: OpenParts, signal: AbortSignal): Promise<boolean> {
  const { store, lanes, own, clock, log } = parts;
  using stopping = linkedAbort();
  using cutOff = linkedAbort();
  const ownStored = Promise.withResolvers<undefined>();
  const lanesEnded = Promise.withResolvers<undefined>();
  let readWhole = true;

  const conduct = async (siblings: AbortSignal): Promise<void> => {
    readWhole = await readSources(parts, [signal, siblings]);
    // Before the last of the agent's own events: lanes that drain still find what has to be told.
    const isDrained = await drain(parts, [signal, siblings]);
    own.emit(8002, 'agent stops', { version: version() });
    own.close();
    await ownStored.promise;
    if (isDrained) await drain(parts, [signal, siblings]);
    stopping.abort();
    using grace = linkedAbort(siblings);
    await Promise.race([lanesEnded.promise, untilAborted(clock.sleep(STOP_GRACE_MS, grace.signal))]);
    cutOff.abort();
  };
  const readOwn = async (siblings: AbortSignal): Promise<void> => {
    const ownParts = {
      store,
      clock,
      log,
      onStored: parts.onStored,
      backoff: defaultBackoff,
      source: own,
      encode: parts.encodeOwn,
    };
    await ingest({ ...ownParts, id: OWN_SOURCE }, siblings).finally(() => ownStored.resolve(undefined));
  };
  const runLanes = async (siblings: AbortSignal): Promise<void> => {
    using soft = linkedAbort(siblings, stopping.signal);
    using hard = linkedAbort(siblings, cutOff.signal);
    const run = (lane: Lane) => (s: AbortSignal) =>
      runLane({ ...lane, backoff: defaultBackoff, clock, stopping: soft.signal }, s);
    await runAll(lanes.map(run), hard.signal).finally(() => lanesEnded.resolve(undefined));
  };

  using storeFailed = linkedAbort();
  void store.failed.catch((error: unknown) => storeFailed.abort(error));
  await runAll([conduct, readOwn, runLanes], storeFailed.signal);
  if (storeFailed.signal.aborted) throw storeFailed.signal.reason;
  return readWhole;
}

/** Resolves with whether all were read to their end; with `once`, what stands still for too long is left for the next start. */
async function readSources(parts: OpenParts, stops: readonly AbortSignal[]): Promise<boolean> {
  const { store, clock, log, onStored } = parts;
  using reading = linkedAbort(...stops);
  using watching = linkedAbort(reading.signal);
  let whole = true;
  const watch = async (): Promise<void> => {
    if (!parts.once) return;
    await stalled(store, parts.giveUpAfterMs, clock, watching.signal);
    whole = false;
    log.error('nothing moved for too long; what is unread stays for the next start', { afterMs: parts.giveUpAfterMs });
    reading.abort();
  };
  const watcher = untilAborted(watch());
  const common = { store, clock, log, onStored, backoff: defaultBackoff };
  await runAll(
    parts.sources.map((source) => (s) => ingest({ ...source, ...common }, s)),
    reading.signal,
  );
  watching.abort();
  await watcher;
  return whole;
}

/** Whether every lane settled everything; not when a stop came first or, with `once`, nothing moved for too long. */
async function drain(
  { store, clock, once, giveUpAfterMs }: OpenParts,
  stops: readonly AbortSignal[],
): Promise<boolean> {
  using draining = linkedAbort(...stops);
  if (draining.signal.aborted) return false;
  return (await untilAborted(drained(store, once ? giveUpAfterMs : Infinity, clock, draining.signal))) === true;
}

/** Waiting that was ended by a stop is no error; a store that failed is told by `failed`. */
const untilAborted = (waiting: Promise<unknown>): Promise<unknown> => waiting.catch(() => undefined);
