import assert from 'node:assert/strict';
import { isOwn } from '../mappings/events.ts';
import type { Filter } from './batch.ts';
import type { Config } from './options.ts';
import { headFilter } from './query/head-filter.ts';
import { loadNames, namesOf, type Names } from './query/names.ts';
import { readQuery, type Read } from './query/read.ts';

/** Reads a lane's `where`: times are UTC, and none is relative, as it would be another one after each start. */
export const readWhere = (text: string, names: Names): Read => readQuery(text, { now: null, timeZone: 'UTC', names });

/** What each lane delivers, by its name. Packs are read only where a lane has a `where`. */
export async function laneFilters({ sources, destinations }: Config): Promise<ReadonlyMap<string, Filter>> {
  const isAsked = Object.values(destinations).some(({ where }) => where !== undefined);
  const names = isAsked ? await loadNames(Object.values(sources).map(({ mapping }) => mapping)) : namesOf([]);
  return new Map(Object.entries(destinations).map(([name, options]) => [name, laneFilter(options, names)]));
}

function laneFilter({ where, own_events }: Config['destinations'][string], names: Names): Filter {
  if (where === undefined) return own_events ? () => true : (events, i) => !isOwn(events, i);
  const read = readWhere(where, names);
  assert(read.kind === 'query', 'the configuration was checked');
  const passes = headFilter(read.condition);
  return (events, i) => (isOwn(events, i) ? own_events : passes(events, i));
}
