import type { Clock } from '../forwarders/clock.ts';
import type { Log } from '../forwarders/forwarder.ts';
import type { Events } from '../mappings/events.ts';
import { answers, type Running } from './control/questions.ts';
import { serveControl } from './control/socket.ts';
import { pendingOf, setAsideOf } from './drain.ts';
import { linkedAbort } from './linked-abort.ts';
import { openLanes } from './open-lanes.ts';
import { openSources, ownEncoder } from './open-sources.ts';
import type { Config } from './options.ts';
import { runPhases } from './phases.ts';
import { onSchedule } from './schedule.ts';
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
  /** Events in the store that this run found damaged beyond recovery. */
  readonly lost: number;
}

/** A command that holds the store for a moment is waited for. */
const STORE_WAIT_MS = 5_000;

/**
 * The agent: opens everything in order, runs until the signal aborts or every source has ended and all is delivered, and
 * closes in reverse. Rejects with `StorageFailed` when the store can no longer be trusted.
 */
export async function runAgent(config: Config, parts: AgentParts, signal: AbortSignal): Promise<Summary> {
  const { clock, log, once } = parts;
  const startedAt = clock.now();
  let lostEvents = 0;
  const own = new OwnEvents(clock, () => store.epoch);
  await using store: Store = await openStore({
    dataDir: config.data_dir,
    sizeBytes: config.spool.size,
    waitMs: STORE_WAIT_MS,
    clock,
    log,
    signal,
    onDamage: ({ first, last, lost, why }) => {
      if (lost === 0) return;
      lostEvents += lost;
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

  using ended = linkedAbort();
  const verifying = onSchedule(config.spool.verify, () => verify(store, log), clock, ended.signal).catch(
    () => undefined,
  );
  const open = { ...parts, store, own, encodeOwn, sources, lanes: lanes.all };
  const readWhole = await runPhases(open, signal);
  ended.abort();
  await verifying;
  const after = await store.state();
  log.info('agent stopped', { pending: pendingOf(after) });
  return {
    readWhole,
    pending: pendingOf(after),
    setAside: setAsideOf(after) - before,
    lost: lostEvents,
  };
}

/** Damage that it finds is dealt with and reported by the store itself. */
async function verify(store: Store, log: Log): Promise<void> {
  const { blocks, events } = await store.verify();
  log.info('the store was read and checked', { blocks, events });
}
