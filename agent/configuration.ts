import { hostname } from 'node:os';
import { ConfigError, type ConfigIssue } from '../config/issues.ts';
import type { Environment } from '../config/interpolate.ts';
import type { Loaded } from '../config/load.ts';
import type { Clock } from '../forwarders/clock.ts';
import type { Log } from '../forwarders/forwarder.ts';
import { forwarderKinds } from '../forwarders/index.ts';
import { loadPack } from '../mappings/pack.ts';
import { loadConfig, type Config } from './options.ts';
import { sourceKinds } from './sources/index.ts';
import { version } from './version.ts';

/** A source that is opened to be checked learns and says nothing. */
const nothing = { once: true, learned: async () => new Map<string, Uint8Array>(), emit: () => undefined };

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
  for (const [name, options] of Object.entries(config.sources)) {
    const kind = sourceKinds.find(({ type }) => type === options.type)!;
    await trying(['sources', name, 'mapping'], () => loadPack(options.mapping));
    await trying(['sources', name], () => kind.open(options as never, { ...nothing, name, clock, log }));
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
  if (issues.length > 0) throw new ConfigError(issues);
  return loaded;
}
