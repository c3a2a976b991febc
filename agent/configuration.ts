import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
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

/** A source that is opened to be checked learns and says nothing. */
const nothing = { once: true, learned: async () => new Map<string, Uint8Array>(), emit: () => undefined };

/**
 * Reads a configuration and opens each of its parts once, without the network or the store, so that what passes here
 * starts: missing certificates and packs are found too. `validate` and `run` both come through here. Throws one
 * `ConfigError` with everything that is wrong: what is right is opened although other parts are not.
 */
export async function checkedConfig(
  path: string,
  env: Environment,
  clock: Clock,
  log: Log,
): Promise<{ readonly config: Config; readonly warnings: readonly ConfigIssue[] }> {
  const loaded = loadConfig(path, env);
  const issues = [
    ...loaded.issues,
    ...folderIssues(loaded),
    ...sharedIssues(loaded),
    ...(await openingIssues(loaded, clock, log)),
  ];
  if (issues.length > 0) throw new ConfigError(issues);
  return { config: loaded.usable as Config, warnings: loaded.warnings };
}

async function openingIssues(
  { usable, issueAt }: Loaded<Config>,
  clock: Clock,
  log: Log,
): Promise<readonly ConfigIssue[]> {
  const issues: ConfigIssue[] = [];
  const trying = async (at: readonly string[], open: () => Promise<unknown>): Promise<void> => {
    try {
      await open();
    } catch (error) {
      issues.push(issueAt(at, Error.isError(error) ? error.message : String(error), { key: true }));
    }
  };
  const packs = [await loadPack(OWN_PACK)];
  for (const [name, options] of Object.entries(usable.sources ?? {})) {
    const kind = sourceKinds.find(({ type }) => type === options.type)!;
    await trying(['sources', name, 'mapping'], async () => packs.push(await loadPack(options.mapping)));
    await trying(['sources', name], () => kind.open(options as never, { ...nothing, name, clock, log }));
  }
  for (const [name, options] of Object.entries(usable.destinations ?? {})) {
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
  if (packs.length > Object.keys(usable.sources ?? {}).length)
    issues.push(...whereIssues(usable, issueAt, namesOf(packs)));
  return issues;
}

/** Whether the agent may write there is its own user's affair, who need not be the one who asks. */
function folderIssues({ usable: { data_dir: dataDir }, issueAt }: Loaded<Config>): readonly ConfigIssue[] {
  return dataDir !== undefined && isFile(dataDir) ? [issueAt(['data_dir'], `${dataDir} is not a folder`)] : [];
}

function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false; // it will be made, or refused where it is opened
  }
}

/** What two parts would take from each other, and what the agent would read although it wrote it itself. */
function sharedIssues({ usable, issueAt }: Loaded<Config>): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const owners = new Map<string, string>();
  const claim = (at: readonly [string, string], claimed: readonly string[]): void => {
    for (const what of claimed) {
      const owner = owners.get(what);
      if (owner !== undefined)
        issues.push(issueAt(at, `${what} is ${owner}'s already: each needs its own`, { key: true }));
      owners.set(what, at.join('.'));
    }
  };
  const written = new Map<string, string>();
  if (usable.data_dir !== undefined) written.set(join(usable.data_dir, 'spool.db'), 'data_dir');
  for (const [name, options] of Object.entries(usable.destinations ?? {})) {
    const claimed = forwarderKinds.find(({ type }) => type === options.type)!.claims?.(options as never) ?? [];
    claim(['destinations', name], claimed);
    for (const path of claimed) written.set(path, `destinations.${name}`);
  }
  for (const [name, options] of Object.entries(usable.sources ?? {})) {
    const kind = sourceKinds.find(({ type }) => type === options.type)!;
    claim(['sources', name], kind.claims?.(options as never) ?? []);
    for (const [path, writer] of written) {
      if (!kind.reads?.(options as never, path)) continue;
      issues.push(issueAt(['sources', name, 'paths'], `it would read what ${writer} writes, ${path}: exclude that`));
    }
  }
  return issues;
}

/** What is wrong with the queries of destinations, each at its place in the query. */
function whereIssues(
  usable: Partial<Config>,
  issueAt: Loaded<Config>['issueAt'],
  names: Names,
): readonly ConfigIssue[] {
  return Object.entries(usable.destinations ?? {}).flatMap(([name, { where }]) => {
    const read = where === undefined ? null : readWhere(where, names);
    if (read?.kind !== 'errors') return [];
    return read.errors.map(({ place, message, help }) =>
      issueAt(['destinations', name, 'where'], message, { inside: place.start, ...(help !== undefined && { help }) }),
    );
  });
}
