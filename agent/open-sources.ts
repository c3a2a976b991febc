import { hostname } from 'node:os';
import type { Clock } from '../forwarders/clock.ts';
import type { Log } from '../forwarders/forwarder.ts';
import { createEncoder } from '../mappings/encode.ts';
import type { Events } from '../mappings/events.ts';
import { loadPack, type Pack } from '../mappings/pack.ts';
import type { Config } from './options.ts';
import { sourceKinds } from './sources/index.ts';
import { ownRecord, type OwnEvents } from './sources/own.ts';
import type { Page, Source } from './sources/source.ts';
import type { Store } from './store/store.ts';
import { version } from './version.ts';

export interface ReadySource {
  readonly name: string;
  /** Permanent: part of the id of each of its events. */
  readonly id: string;
  readonly source: Source;
  readonly pack: Pack;
  /** A page's records and gaps as events, in blocks. */
  readonly encode: (page: Page) => readonly Events[];
}

export interface SourceSurroundings {
  readonly store: Store;
  readonly own: OwnEvents;
  readonly clock: Clock;
  readonly log: Log;
  readonly once: boolean;
  /** Names this agent on each event (`agent.id`). */
  readonly agentId: string;
}

/** The name and id of the agent's own source. */
const OWN = 'agent';

/** Encodes the agent's own events; gaps of all sources are among them. */
export async function ownEncoder({ clock, agentId }: SourceSurroundings): Promise<ReadySource['encode']> {
  const pack = await loadPack('audit-relay');
  return ({ records }) => encoded(pack, { name: OWN, id: OWN, tags: [] }, records, clock, agentId);
}

/** Opens every source of the configuration with its mapping. */
export async function openSources(config: Config, surroundings: SourceSurroundings): Promise<readonly ReadySource[]> {
  const { store, own, clock, log, once, agentId } = surroundings;
  const encodeOwn = await ownEncoder(surroundings);
  const ready: ReadySource[] = [];
  for (const [name, options] of Object.entries(config.sources)) {
    const kind = sourceKinds.find(({ type }) => type === options.type)!;
    const pack = await loadPack(options.mapping);
    const id = options.id ?? name;
    const zone = options.time_zone;
    const labelled = {
      name,
      id,
      tags: [...config.tags, ...options.tags],
      ...(zone !== undefined && { timeZone: zone }),
    };
    ready.push({
      name,
      id,
      pack,
      // The configuration was checked against this kind's own schema.
      source: await kind.open(options as never, {
        name,
        clock,
        log,
        once,
        learned: () => store.learned(id),
        emit: (code, message, details) => own.emit(code, message, details),
      }),
      encode: (page) => [
        ...encoded(pack, labelled, page.records, clock, agentId),
        ...encodeOwn({ ...page, records: gapRecords(name, page, clock.now()) }),
      ],
    });
  }
  return ready;
}

function encoded(
  pack: Pack,
  source: Parameters<typeof createEncoder>[0]['source'],
  records: Page['records'],
  clock: Clock,
  agentId: string,
): readonly Events[] {
  const encoder = createEncoder({ pack, source, agent: { id: agentId, name: hostname(), version: version() } });
  const created = new Date(clock.now()).toISOString();
  for (const record of records) encoder.add(record, created);
  return encoder.finish();
}

/** A gap has the same id however often it is found. */
const gapRecords = (source: string, { gaps }: Page, now: number): Page['records'] =>
  gaps.map((gap) => {
    const message = `gap in source ${source}: ${gap.what}: ${gap.why}`;
    return ownRecord(8010, message, { source, ...gap }, now, `gap:${source}:${gap.what}:${gap.since ?? ''}`);
  });
