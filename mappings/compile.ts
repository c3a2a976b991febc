import ecs from './ecs-9.4.json' with { type: 'json' };
import type { Outcome, StatusWords } from './outcome.ts';
import { statusWords } from './outcome.ts';
import { roles, type Example, type PackDefinition, type Role, type RowDefinition } from './pack-definition.ts';
import { Recogniser } from './recognise.ts';
import type { Fields } from './record.ts';
import { ShapeCounts } from './shapes.ts';
import { target, type Target } from './targets.ts';
import { asText } from './text.ts';

/** A row, ready to be used. */
export interface Row extends RowDefinition {
  readonly severityOf: Readonly<Record<Outcome, number>>;
  /** How its documents begin, up to what differs by event: for each outcome. */
  readonly start: Starts;
  /** The same where the record names the user who was changed. */
  readonly startWithTarget: Starts;
  readonly fixed: readonly Constant[];
  readonly taken: readonly Taken[];
  /** Keys of the user the event is about, if it has one. */
  readonly targetKeys: readonly string[];
  /** Keys of metadata, in small letters, whose values stay in the record. */
  readonly secretKeys: ReadonlySet<string>;
  readonly relatedKeys: readonly (readonly string[])[];
  /** The rows a failure becomes. */
  readonly failed: { readonly recognised: Row; readonly otherwise: Row } | null;
}

type Starts = Readonly<Record<Outcome | 'none', string>>;

export interface Constant {
  readonly target: Target;
  readonly value: unknown;
}

/** A field of the event that one of these metadata keys fills. */
interface Taken {
  readonly target: Target;
  readonly keys: readonly string[];
  /** Whether it names a user: then it is one of `related.user` too. */
  readonly user: boolean;
}

/** Fields of one object of the event, each from a field of the record. */
interface Copies {
  readonly parent: readonly string[];
  readonly leaves: readonly { readonly name: string; readonly slot: number; readonly convert: Target['convert'] }[];
}

/** A pack, ready to be used: everything looked up that can be, so that an event costs little. */
export interface Pack {
  readonly name: string;
  readonly module: string;
  readonly dataset: string;
  readonly definition: PackDefinition;
  /** The place of a record's field among the values read from it; of several names of one place, the first is tried first. */
  readonly slots: ReadonlyMap<string, number>;
  readonly slotCount: number;
  readonly rows: ReadonlyMap<string, Row>;
  readonly recogniser: Recogniser<Row>;
  readonly unknown: Row;
  readonly denied: Row | null;
  readonly error: Row;
  /** Rows of areas that are not described further, by the area's name in small letters. */
  readonly areaRows: ReadonlyMap<string, Row>;
  readonly areas: ReadonlyMap<string, string>;
  readonly words: StatusWords;
  readonly copies: readonly Copies[];
  readonly constants: readonly Constant[];
  readonly tokenName: Target | null;
  readonly connectorId: Target | null;
  readonly connectorKeys: readonly string[];
  readonly metadata: { readonly into: Target; readonly secret: ReadonlySet<string> } | null;
  readonly extra: Target | null;
  /** Messages and status words that nothing recognised, by their shape: how often. At most 1,000. */
  readonly shapes: ReadonlyMap<string, number>;
  readonly countShape: (shape: string) => void;
  /** The record's own id where the pack names one, else `null`. */
  nativeId(fields: Fields): string | null;
  readonly examples: readonly Example[];
}

/** Where the value of a role lies among the values read from a record. */
export const slot = Object.fromEntries(roles.map((role, i) => [role, i])) as Readonly<Record<Role, number>>;

/** For packs that do not say what becomes of the rest; codes as in the catalogue of `keepit`. */
const UNKNOWN: RowDefinition = {
  code: '9000', action: 'audit-event', name: 'Unclassified audit event', area: 'unknown', outcome: 'O1',
  severity: { success: 5, failure: 4 }, tags: ['unclassified'],
}; // prettier-ignore
const ERROR: RowDefinition = {
  code: '9090', action: 'pipeline-error', name: 'Record could not be normalised', area: 'unknown',
  kind: 'pipeline_error', outcome: 'none', severity: { failure: 4 },
}; // prettier-ignore

/** Compiles a checked definition. Throws an `Error` that says where a name in it leads nowhere. */
export function compilePack(definition: PackDefinition): Pack {
  const { name, module, dataset, read, defaults = {}, metadata } = definition;
  checkPaths(definition);
  const rows = compileRows(definition);
  const find = (code: string, where: string): Row => found(rows.get(code), `${where}: there is no event ${code}`);
  const slots = compileRead(definition);
  const copies = compileCopies(definition, slots);
  const shapes = new ShapeCounts();
  return {
    name,
    module,
    dataset,
    definition,
    slots,
    slotCount: Math.max(roles.length, ...[...slots.values()].map((place) => place + 1)),
    rows,
    recogniser: new Recogniser([...rows.values()]),
    unknown:
      defaults.unknown === undefined ? compileRow(UNKNOWN, definition) : find(defaults.unknown, 'defaults.unknown'),
    denied: defaults.denied === undefined ? null : find(defaults.denied, 'defaults.denied'),
    error: defaults.error === undefined ? compileRow(ERROR, definition) : find(defaults.error, 'defaults.error'),
    areaRows: new Map(
      Object.entries(defaults.areas ?? {}).map(([area, code]) => [
        area.toLowerCase(),
        find(code, `defaults.areas.${area}`),
      ]),
    ),
    areas: new Map(Object.entries(definition.areas ?? {}).map(([area, to]) => [area.toLowerCase(), to])),
    words: statusWords(definition.status_words?.success, definition.status_words?.failure),
    copies,
    constants: constants(definition.constants, module, 'constants'),
    tokenName: optional(definition.token_name, module),
    connectorId: optional(definition.connector_id, module),
    connectorKeys: metadata?.keys?.['connector_id'] ?? [],
    metadata: metadata ? { into: target(metadata.into, module), secret: lowerCase(metadata.secret ?? []) } : null,
    extra: optional(definition.unknown_fields, module),
    shapes: shapes.counts,
    countShape: (shape) => shapes.add(shape),
    nativeId: (fields) => {
      for (const field of read.id ?? []) {
        const id = Object.hasOwn(fields, field) ? asText(fields[field]) : '';
        if (id !== '') return id;
      }
      return null;
    },
    examples: definition.examples ?? [],
  };
}

/** Names in the order in which they are tried for their role. */
function compileRead({ read }: PackDefinition): Map<string, number> {
  const slots = new Map<string, number>();
  for (const role of roles) {
    for (const field of read[role] ?? []) {
      const other = slots.get(field);
      if (other !== undefined) throw new Error(`read.${role}: ${field} is ${roles[other]!} already; use copy for more`);
      slots.set(field, slot[role]);
    }
  }
  return slots;
}

/** A field cannot be a text and hold other fields. */
function checkPaths(definition: PackDefinition): void {
  const { copy, constants: same, unknown_fields, token_name, connector_id, metadata, events } = definition;
  const paths = new Set(
    [
      ...Object.keys({ ...copy, ...same }),
      ...[unknown_fields, token_name, connector_id, metadata?.into].filter((path) => path !== undefined),
      ...events.flatMap(({ constants, fields }) => Object.keys({ ...constants, ...fields })),
    ].filter((path) => path !== TARGET),
  );
  for (const path of paths) {
    const inner = [...paths].find((other) => other.startsWith(`${path}.`));
    if (inner !== undefined) throw new Error(`${path} cannot be a field of its own and hold ${inner}`);
  }
}

function compileRows(definition: PackDefinition): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row & { failed: Row['failed'] }>();
  for (const row of definition.events) {
    if (rows.has(row.code)) throw new Error(`events: ${row.code} stands there twice`);
    checkPairs(row);
    rows.set(row.code, compileRow(row, definition));
  }
  for (const row of rows.values()) {
    if (!row.on_failure) continue;
    const { recognised, otherwise } = row.on_failure;
    const find = (code: string): Row =>
      found(rows.get(code), `event ${row.code}.on_failure: there is no event ${code}`);
    row.failed = { recognised: find(recognised), otherwise: find(otherwise) };
  }
  return rows;
}

const pairs: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(ecs.pairs));

function checkPairs({ code, category = [], type = [], type_with_target = [] }: RowDefinition): void {
  const unknown = category.find((each) => !pairs.has(each));
  if (unknown !== undefined) throw new Error(`event ${code}: ${unknown} is no category of ECS ${ecs.version}`);
  for (const each of [...type, ...type_with_target]) {
    if (category.length === 0) throw new Error(`event ${code}: type ${each} needs a category`);
    const odd = category.find((one) => !pairs.get(one)!.includes(each));
    if (odd !== undefined) throw new Error(`event ${code}: ECS does not expect type ${each} in category ${odd}`);
  }
}

function compileRow(row: RowDefinition, { module, dataset, metadata }: PackDefinition): Row {
  const keysOf = (name: string): readonly string[] =>
    found(ownValue(metadata?.keys, name), `event ${row.code}: metadata.keys does not say what ${name} is`);
  const { success, failure } = row.severity;
  const severityOf = { success: success ?? failure!, failure: failure ?? success!, unknown: success ?? failure! };
  const starts = (type: readonly string[] | undefined): Starts => {
    const { action, category, code, kind = 'event' } = row;
    const start = (outcome: Outcome | undefined): string => {
      const severity = severityOf[outcome ?? 'unknown'];
      const event = { action, category, code, dataset, kind, module, outcome, severity, type };
      return `{"event":${JSON.stringify(event).slice(0, -1)}`;
    };
    return { success: start('success'), failure: start('failure'), unknown: start('unknown'), none: start(undefined) };
  };
  const fields = Object.entries(row.fields ?? {});
  return {
    ...row,
    severityOf,
    start: starts(row.type),
    startWithTarget: starts(row.type_with_target ?? row.type),
    fixed: constants(row.constants, module, `event ${row.code}`),
    taken: fields
      .filter(([path]) => path !== TARGET)
      .map(([path, name]) => ({
        target: target(path, module),
        keys: keysOf(name),
        user: /^user\.(?:target|changes)\.(?:name|email|id)$/.test(path),
      })),
    targetKeys: fields.filter(([path]) => path === TARGET).flatMap(([, name]) => keysOf(name)),
    secretKeys: lowerCase([...(metadata?.secret ?? []), ...(row.secret ?? []).flatMap(keysOf)]),
    relatedKeys: (row.related_user ?? []).map(keysOf),
    failed: null,
  };
}

/** A row fills it as a whole: id, name, e-mail and domain, as far as the one text says. */
const TARGET = 'user.target';

/** By the object they go to, so that it is looked up once; fields that are no role get a slot of their own. */
function compileCopies({ copy = {}, module }: PackDefinition, slots: Map<string, number>): readonly Copies[] {
  const byParent = new Map<string, { parent: readonly string[]; leaves: Copies['leaves'][number][] }>();
  let free = roles.length;
  for (const [path, from] of Object.entries(copy)) {
    const { parent, leaf, convert } = target(path, module);
    const role = ownValue(slot, from);
    if (role === undefined && !slots.has(from)) slots.set(from, free++);
    const group = byParent.get(parent.join('.')) ?? { parent, leaves: [] };
    byParent.set(parent.join('.'), group);
    group.leaves.push({ name: leaf, slot: role ?? slots.get(from)!, convert });
  }
  return [...byParent.values()];
}

const constants = (values: Readonly<Record<string, string>> = {}, module: string, where: string): readonly Constant[] =>
  Object.entries(values).map(([path, text]) => {
    const to = target(path, module);
    return { target: to, value: found(to.convert(text), `${where}: ${path} cannot be ${text}`) };
  });

const optional = (path: string | undefined, module: string): Target | null =>
  path === undefined ? null : target(path, module);

const lowerCase = (names: readonly string[]): ReadonlySet<string> => new Set(names.map((name) => name.toLowerCase()));

/** A value by a name that somebody wrote: `constructor` is a name like any other. */
const ownValue = <T>(values: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;

function found<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw new Error(problem);
  return value;
}
