import type { Clock } from '../forwarders/clock.ts';
import type { Log } from '../forwarders/forwarder.ts';
import type { Events } from '../mappings/events.ts';
import { defaultBackoff } from './backoff.ts';
import { answers, type Running } from './control/questions.ts';
import { serveControl } from './control/socket.ts';
import { drained, pendingOf, setAsideOf, stalled } from './drain.ts';
import { ingest } from './ingest.ts';
import { runLane } from './lane.ts';
import { linkedAbort } from './linked-abort.ts';
import { openLanes } from './open-lanes.ts';
import { openSources, ownEncoder } from './open-sources.ts';
import type { Config } from './options.ts';
import { runAll } from './run-all.ts';
import { OwnEvents } from './sources/own.ts';
import { openStore } from './store/spool.ts';
import type { Store } from './store/store.ts';
import { version } from './version.ts';

export interface AgentParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Read what is there now, deliver it and end. */
  readonly once: boolean;
  /** With `once`: how long nothing may move before a backlog is left for the next start. */
  readonly giveUpAfterMs: number;
  /** Told of events once they are stored. */
  readonly onStored: (events: readonly Events[]) => void;
}

/** What is left after a run. */
export interface Summary {
  /** Every source was read to its end. */
  readonly readWhole: boolean;
  /** Events that wait for the next start. */
  readonly pending: number;
  /** Events that this run set aside as dead letters. */
  readonly setAside: number;
}

/** What is under way at a stop may end within this; then it is cut off, and sent again after the next start. */
const STOP_GRACE_MS = 3_000;
/** A command that holds the store for a moment is waited for. */
const STORE_WAIT_MS = 5_000;

/**
 * The agent: opens everything in order, runs until the signal aborts or every source has ended and all is delivered, and
 * closes in reverse. Rejects with `StorageFailed` when the store can no longer be trusted.
 */
export async function runAgent(config: Config, parts: AgentParts, signal: AbortSignal): Promise<Summary> {
  const { clock, log, once } = parts;
  const startedAt = clock.now();
  const own = new OwnEvents(clock, () => store.epoch);
  await using store: Store = await openStore({
    dataDir: config.data_dir,
    sizeBytes: config.spool.size,
    waitMs: STORE_WAIT_MS,
    clock,
    log,
    onDamage: ({ first, last, lost, why }) => {
      const amount = `${lost} events`;
      own.emit(8010, `${amount} in the store were lost: ${why}`, { what: `sequence ${first} to ${last}`, amount, why });
    },
  });
  own.emit(8001, `agent ${version()} started`, { version: version(), epoch: store.epoch, clean_stop: store.cleanStop });
  const surroundings = { store, own, clock, log, once, agentId: store.instance };
  await using lanes = await openLanes(config, surroundings);
  const sources = await openSources(config, surroundings);
  const encodeOwn = await ownEncoder(surroundings);
  const running = (): Running => ({
    version: version(),
    pid: process.pid,
    startedAt,
    lanes: Object.fromEntries(lanes.all.map(({ name, health }) => [name, health.status])),
    unrecognised: Object.fromEntries(sources.map(({ name, pack }) => [name, Object.fromEntries(pack.shapes)])),
  });
  await using _control = await serveControl(config.data_dir, answers(store, running));
  const before = setAsideOf(await store.state());
  log.info('agent started', { sources: sources.map((s) => s.name), lanes: lanes.all.map((l) => l.name) });

  using storeFailed = linkedAbort();
  void store.failed.catch((error: unknown) => storeFailed.abort(error));
  using stopping = linkedAbort();
  using cutOff = linkedAbort();
  const ownStored = Promise.withResolvers<undefined>();
  const lanesEnded = Promise.withResolvers<undefined>();
  const ingestParts = { store, backoff: defaultBackoff, clock, log, onStored: parts.onStored };
  let readWhole = true;

  const read = async (siblings: AbortSignal): Promise<void> => {
    using reading = linkedAbort(signal, siblings);
    const giveUp = async (ended: AbortSignal): Promise<void> => {
      if (!once) return;
      await stalled(store, parts.giveUpAfterMs, clock, ended);
      readWhole = false;
      log.error('nothing moved for too long; what is unread stays for the next start', {
        afterMs: parts.giveUpAfterMs,
      });
      reading.abort();
    };
    using watching = linkedAbort(reading.signal);
    const watcher = giveUp(watching.signal).catch(() => undefined);
    await runAll(
      sources.map((source) => (s) => ingest({ ...source, ...ingestParts }, s)),
      reading.signal,
    );
    watching.abort();
    await watcher;
  };

  const conduct = async (siblings: AbortSignal): Promise<void> => {
    await read(siblings);
    own.emit(8002, 'agent stops', { version: version() });
    own.close();
    await ownStored.promise;
    if (!signal.aborted) {
      using draining = linkedAbort(signal, siblings);
      await drained(store, once ? parts.giveUpAfterMs : Infinity, clock, draining.signal).catch(() => undefined);
    }
    stopping.abort();
    using grace = linkedAbort(siblings);
    await Promise.race([lanesEnded.promise, clock.sleep(STOP_GRACE_MS, grace.signal).catch(() => undefined)]);
    cutOff.abort();
  };

  await runAll(
    [
      conduct,
      (s) =>
        ingest({ ...ingestParts, id: 'agent', source: own, encode: encodeOwn }, s).finally(() =>
          ownStored.resolve(undefined),
        ),
      async (siblings) => {
        using soft = linkedAbort(siblings, stopping.signal);
        using hard = linkedAbort(siblings, cutOff.signal);
        const tasks = lanes.all.map(
          (lane) => (s: AbortSignal) => runLane({ ...lane, backoff: defaultBackoff, clock, stopping: soft.signal }, s),
        );
        await runAll(tasks, hard.signal).finally(() => lanesEnded.resolve(undefined));
      },
    ],
    storeFailed.signal,
  );
  if (storeFailed.signal.aborted) throw storeFailed.signal.reason;
  const after = await store.state();
  log.info('agent stopped', { pending: pendingOf(after) });
  return { readWhole, pending: pendingOf(after), setAside: setAsideOf(after) - before };
}
