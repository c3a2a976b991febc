import { hostname } from 'node:os';
import { ConfigError, type ConfigIssue } from '../config/issues.ts';
import type { Environment } from '../config/interpolate.ts';
import type { Loaded } from '../config/load.ts';
import type { Clock } from '../forwarders/clock.ts';
import type { Log } from '../forwarders/forwarder.ts';
import { forwarderKinds } from '../forwarders/index.ts';
import { loadPack } from '../mappings/pack.ts';
import { loadConfig, type Config } from './options.ts';
import { namesOf, OWN_PACK, type Names } from './query/names.ts';
import { sourceKinds } from './sources/index.ts';
import { version } from './version.ts';
import { readWhere } from './where.ts';

/**
 * Reads a configuration and opens each of its parts once, without the network or the store, so that what passes here
 * starts: missing certificates and packs are found too. `validate` and `run` both come through here. Throws `ConfigError`.
 */
export async function checkedConfig(path: string, env: Environment, clock: Clock, log: Log): Promise<Loaded<Config>> {
  const loaded = loadConfig(path, env);
  const { config, issueAt } = loaded;
  const issues: ConfigIssue[] = [];
  const trying = async (at: readonly string[], open: () => Promise<unknown>): Promise<void> => {
    try {
      await open();
    } catch (error) {
      issues.push(issueAt(at, Error.isError(error) ? error.message : String(error), { key: true }));
    }
  };
  const packs = [await loadPack(OWN_PACK)];
  for (const [name, options] of Object.entries(config.sources)) {
    const kind = sourceKinds.find(({ type }) => type === options.type)!;
    await trying(['sources', name, 'mapping'], async () => packs.push(await loadPack(options.mapping)));
    await trying(['sources', name], () => kind.open(options as never, { name, clock, log, once: true }));
  }
  for (const [name, options] of Object.entries(config.destinations)) {
    const kind = forwarderKinds.find(({ type }) => type === options.type)!;
    const document = { original: options.original, tags: options.tags };
    await trying(['destinations', name], async () => {
      await using _opened = await kind.open(options as never, {
        name,
        clock,
        log,
        document,
        host: hostname(),
        version: version(),
      });
    });
  }
  // Without one of the packs its fields would seem unknown.
  if (packs.length > Object.keys(config.sources).length) issues.push(...whereIssues(loaded, namesOf(packs)));
  if (issues.length > 0) throw new ConfigError(issues);
  return loaded;
}

/** What is wrong with the queries of destinations, each at its place in the query. */
function whereIssues({ config, issueAt }: Loaded<Config>, names: Names): readonly ConfigIssue[] {
  return Object.entries(config.destinations).flatMap(([name, { where }]) => {
    const read = where === undefined ? null : readWhere(where, names);
    if (read?.kind !== 'errors') return [];
    return read.errors.map(({ place, message, help }) =>
      issueAt(['destinations', name, 'where'], message, { inside: place.start, ...(help !== undefined && { help }) }),
    );
  });
}
