import { resolve } from 'node:path';
import type { Environment } from '../config/interpolate.ts';
import type { ConfigIssue } from '../config/issues.ts';
import { load, readValue, type Loaded } from '../config/load.ts';
import { objectSchema, type MapSchema, type ObjectSchema, type Options, type Schema } from '../config/schema.ts';
import { forwarderKinds } from '../forwarders/index.ts';
import { sourceKinds } from './sources/index.ts';

/** Names become part of file names, lanes and metrics. */
const NAME = '^[a-z0-9][a-z0-9_-]{0,62}$';

const tags = {
  type: 'array',
  items: { type: 'string', description: 'A tag.', minLength: 1 },
  default: [],
  description: 'Put on events, behind those of the event itself.',
} as const;

/** What every source has, whatever its kind. */
const sourceOptions = {
  mapping: {
    type: 'string',
    default: 'keepit',
    description: 'The mapping pack: the name of one that comes with the agent, or the path of a YAML file.',
    examples: ['keepit', './mappings/our-app.yaml'],
  },
  id: {
    type: 'string',
    pattern: NAME,
    description: 'Permanent: part of the id of each of its events. By default its name; give it when the name changes.',
  },
  tags,
} as const;

/** What every destination has, whatever its kind. */
const destinationOptions = {
  from: {
    type: 'string',
    format: 'position',
    default: 'now',
    description:
      'Where a lane that is new begins: now, oldest (all that is kept), or a time such as 2026-01-01T00:00:00Z.',
  },
  original: {
    type: 'boolean',
    default: false,
    description:
      'Deliver the record as it came, as event.original. It adds about a third to what is stored and billed.',
  },
  tags,
  own_events: {
    type: 'boolean',
    default: false,
    description: "Deliver the agent's own events too (dataset audit_relay.audit): start, stop, gaps, paused lanes.",
  },
  where: {
    type: 'string',
    minLength: 1,
    description:
      "Deliver only the events that a query finds (docs/query.md); the others are counted as filtered. Times without a zone are UTC, and none is counted from now. The agent's own events are not asked: own_events alone decides.",
    examples: ['area:security or status:failed', 'not user:backup-robot'],
  },
} as const;

interface Kind {
  readonly type: string;
  readonly options: ObjectSchema;
}

/** One schema for a map of names to any of the kinds, with what all of them have. */
const union = (kinds: readonly Kind[], common: Readonly<Record<string, Schema>>, description: string) =>
  ({
    type: 'object',
    minProperties: 1,
    propertyNames: { pattern: NAME, description: 'made of a-z, 0-9, - and _, at most 63 of them' },
    description,
    additionalProperties: {
      type: 'object',
      description,
      discriminator: { propertyName: 'type' },
      oneOf: kinds.map(({ type, options }) => ({
        ...options,
        properties: {
          type: { type: 'string', const: type, description: 'The kind.' },
          ...options.properties,
          ...common,
        },
        required: ['type', ...(options.required ?? [])],
      })),
    },
  }) satisfies MapSchema;

/** The whole configuration: the type, the check, the defaults, the reference page and the editor schema. */
export const configSchema = objectSchema({
  type: 'object',
  description: 'The configuration of audit-relay.',
  properties: {
    data_dir: {
      type: 'string',
      format: 'path',
      default: './data',
      description: 'Where the agent keeps everything. On a local disk: it refuses network file systems.',
    },
    spool: {
      type: 'object',
      default: {},
      description: 'The durable store that takes every event first.',
      properties: {
        size: {
          type: 'string',
          format: 'size',
          minSize: '64MiB',
          default: '256MiB',
          description:
            'Reserved on disk at the first start, and never exceeded. At least 64MiB. It can grow, not shrink.',
        },
        verify: {
          type: 'string',
          format: 'cron',
          default: '17 3 * * *',
          description: 'When everything stored is read and checked against its hashes.',
        },
      },
    },
    tags: { ...tags, description: 'Put on every event.' },
    sources: union(sourceKinds, sourceOptions, 'Where events come from, by name.'),
    destinations: union(forwarderKinds, destinationOptions, 'Where events go, by name: each is a lane of its own.'),
  },
  required: ['sources', 'destinations'],
});

/** Options of any kind, after the check: what all of them have is typed, the rest is its kind's own. */
type Named<Common> = Readonly<Record<string, { readonly type: string } & Common>>;

export type Config = Omit<Options<typeof configSchema>, 'sources' | 'destinations'> & {
  readonly sources: Named<{
    readonly mapping: string;
    readonly id?: string;
    readonly tags: readonly string[];
    readonly time_zone?: string;
  }>;
  readonly destinations: Named<{
    readonly from: string;
    readonly original: boolean;
    readonly tags: readonly string[];
    readonly own_events: boolean;
    readonly where?: string;
  }>;
};

/**
 * Reads a configuration, as far as it can be checked without opening anything. `checkedConfig` goes on from here. Throws
 * `ConfigError` where a file of it cannot be read at all.
 */
export function loadConfig(path: string, env: Environment): Loaded<Config> {
  const loaded = load(path, configSchema, env) as unknown as Loaded<Config>;
  const { usable, issues, folder } = loaded;
  const sources = resolvePacks(usable.sources ?? {}, folder);
  return { ...loaded, usable: { ...usable, sources }, issues: [...issues, ...idIssues(loaded)] };
}

/** Ids are compared across all sources, those with other faults too. */
function idIssues({ given, issueAt }: Loaded<Config>): readonly ConfigIssue[] {
  const ids = new Map<string, string>();
  return Object.entries(given['sources'] ?? {}).flatMap(([name, source]) => {
    const said = (source as { readonly id?: unknown } | null)?.id;
    const id = typeof said === 'string' ? said : name;
    const other = ids.get(id);
    ids.set(id, name);
    if (other !== undefined)
      return [
        issueAt(['sources', name], `the id ${id} is source ${other}'s too: events of both would have the same ids`),
      ];
    return id === 'agent' ? [issueAt(['sources', name], "the id agent is kept for the agent's own events")] : [];
  });
}

/** A pack that is a path is taken from the configuration's folder. */
function resolvePacks(sources: Config['sources'], folder: string): Config['sources'] {
  const isPath = (mapping: string): boolean => /[/\\]|\.ya?ml$/.test(mapping);
  const resolved = Object.entries(sources).map(([name, source]) => {
    const { mapping } = source;
    return [name, { ...source, mapping: isPath(mapping) ? resolve(folder, mapping) : mapping }] as const;
  });
  return Object.fromEntries(resolved);
}

/** The data directory that a configuration names, for commands that need nothing else of it, not even its secrets. */
export function dataDirOf(path: string, env: Environment): string {
  const { value, folder } = readValue(path, configSchema, ['data_dir'], env);
  return resolve(folder, value ?? configSchema.properties.data_dir.default);
}
