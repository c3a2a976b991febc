import { hostname } from 'node:os';
import type { Clock } from '../forwarders/clock.ts';
import type { Forwarder, Log } from '../forwarders/forwarder.ts';
import { forwarderKinds } from '../forwarders/index.ts';
import type { Filter } from './batch.ts';
import { laneConsumer } from './control/questions.ts';
import { LaneHealth } from './lane-health.ts';
import type { Config } from './options.ts';
import type { OwnEvents } from './sources/own.ts';
import type { Consumer, Position, Store } from './store/store.ts';
import { version } from './version.ts';
import { laneFilters } from './where.ts';

export interface Lane {
  readonly name: string;
  readonly consumer: Consumer;
  readonly forwarder: Forwarder;
  readonly filter: Filter;
  readonly health: LaneHealth;
}

export interface OpenLanes extends AsyncDisposable {
  readonly all: readonly Lane[];
}

export interface LaneSurroundings {
  readonly store: Store;
  readonly own: OwnEvents;
  readonly clock: Clock;
  readonly log: Log;
}

/** One lane a destination: its forwarder, and its cursor where it was. */
export async function openLanes(config: Config, { store, own, clock, log }: LaneSurroundings): Promise<OpenLanes> {
  await using opened = new AsyncDisposableStack();
  const all: Lane[] = [];
  const filters = await laneFilters(config);
  for (const [name, options] of Object.entries(config.destinations)) {
    const kind = forwarderKinds.find(({ type }) => type === options.type)!;
    const document = { original: options.original, tags: options.tags };
    const parts = { name, clock, log, document, host: hostname(), version: version() };
    // The configuration was checked against this kind's own schema.
    const forwarder = opened.use(await kind.open(options as never, parts));
    all.push({
      name,
      forwarder,
      consumer: await store.consumer(laneConsumer(name), position(options.from)),
      filter: filters.get(name)!,
      health: new LaneHealth(name, clock, log, own),
    });
  }
  const stack = opened.move();
  return { all, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const position = (from: string): Position => (from === 'now' || from === 'oldest' ? from : { time: Date.parse(from) });
