import { loadPack, type Pack } from '../../mappings/pack.ts';
import { fold } from './condition.ts';

/** What the mapping packs know beyond ECS. */
export interface Names {
  /** Each kind of event by its code, by dataset: two packs may use one code. */
  readonly catalogues: readonly Catalogue[];
  /** Fields of the packs' own, such as `keepit.connector.name`; `flattened` ones hold names that are data. */
  readonly fields: ReadonlyMap<string, 'keyword' | 'flattened'>;
}

interface Catalogue {
  readonly dataset: string;
  /** Code to name, such as `1041` to `user created`, both folded. */
  readonly events: ReadonlyMap<string, string>;
}

/** The pack of the agent's own events. */
export const OWN_PACK = 'audit-relay';

/** The names of these packs and of the agent's own events. Rejects with `PackError`. */
export async function loadNames(mappings: Iterable<string>): Promise<Names> {
  const names = new Set(mappings).add(OWN_PACK);
  return namesOf(await Promise.all([...names].map(loadPack)));
}

export const namesOf = (packs: readonly Pack[]): Names => ({
  catalogues: packs.map(({ dataset, rows, unknown, error }) => ({
    dataset,
    events: new Map([unknown, error, ...rows.values()].map(({ code, name }) => [fold(code), fold(name)])),
  })),
  fields: new Map(packs.flatMap(ownFields)),
});

function ownFields({ module, definition }: Pack): readonly (readonly [string, 'keyword' | 'flattened'])[] {
  const { copy, constants, token_name, connector_id, metadata, unknown_fields, events } = definition;
  const texts = [
    ...Object.keys({ ...copy, ...constants }),
    ...events.flatMap((row) => Object.keys({ ...row.constants, ...row.fields })),
    ...[token_name, connector_id].filter((path) => path !== undefined),
  ];
  const flattened = [metadata?.into, unknown_fields].filter((path) => path !== undefined);
  return [
    ...texts.filter((path) => path.startsWith(`${module}.`)).map((path) => [path, 'keyword'] as const),
    ...flattened.map((path) => [path, 'flattened'] as const),
  ];
}
