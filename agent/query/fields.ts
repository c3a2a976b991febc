import { nearest } from '../../config/nearest.ts';
import ecs from '../../mappings/ecs-9.4.json' with { type: 'json' };
import { fold, type TextColumn } from './condition.ts';
import type { Names } from './names.ts';

/** What a name in a query asks of. */
export type Field =
  /** The event's time, its severity, and its status in the page's words. */
  | { readonly kind: 'time' | 'severity' | 'status' }
  /** What the event was: its message, its action, and the catalogue's name of its code. */
  | { readonly kind: 'event' }
  | { readonly kind: 'message' }
  | { readonly kind: 'column'; readonly column: TextColumn; readonly type: 'keyword' | 'ip' | 'outcome' }
  /** No column has it: it is looked up in the document. */
  | { readonly kind: 'document'; readonly path: readonly string[]; readonly type: DocumentType };

/** `phrase`: a part of the text is enough. */
export type DocumentType = 'keyword' | 'phrase' | 'number' | 'ip' | 'time';

/** Why a name asks of nothing. */
export interface NoField {
  readonly kind: 'none';
  readonly message: string;
  readonly help: string;
}

const column = (name: TextColumn, type: 'keyword' | 'ip' | 'outcome' = 'keyword') =>
  ({ kind: 'column', column: name, type }) as const;

/** The short names, and those of ECS whose value a column holds. */
const COLUMNS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['time', { kind: 'time' }],
  ['user', column('user')],
  ['area', column('area')],
  ['event', { kind: 'event' }],
  ['status', { kind: 'status' }],
  ['ip', column('ip', 'ip')],
  ['action', column('action')],
  ['code', column('code')],
  ['outcome', column('outcome', 'outcome')],
  ['target', column('target')],
  ['connector', column('connector')],
  ['organization', column('organization')],
  ['severity', { kind: 'severity' }],
  ['message', { kind: 'message' }],
  ['source', column('source')],
  ['dataset', column('dataset')],
  ['id', column('id')],
  ['@timestamp', { kind: 'time' }],
  ['user.name', column('user')],
  ['source.ip', column('ip', 'ip')],
  ['event.action', column('action')],
  ['event.code', column('code')],
  ['event.outcome', column('outcome', 'outcome')],
  ['event.severity', { kind: 'severity' }],
  ['event.dataset', column('dataset')],
  ['event.id', column('id')],
]);

const SHORT_NAMES = [...COLUMNS.keys()].filter((name) => !/[.@]/.test(name));

/** A delivered event has them, a stored one has not. */
const ADDED_ON_DELIVERY = /^(?:data_stream\..*|event\.(?:ingested|sequence))$/;

const types: Readonly<Record<string, string>> = ecs.fields;
const documentTypes: Readonly<Record<string, DocumentType>> = {
  match_only_text: 'phrase',
  long: 'number',
  ip: 'ip',
  'ip[]': 'ip',
  date: 'time',
};

/** Whether a name is one of a column or of ECS, whatever the packs add. */
export const isCommonName = (name: string): boolean =>
  COLUMNS.has(name.toLowerCase()) || Object.hasOwn(types, name.toLowerCase());

/** What a name asks of, upper and lower case apart. */
export function fieldOf(typed: string, names: Names): Field | NoField {
  const name = fold(typed);
  const known = COLUMNS.get(name);
  if (known) return known;
  if (ADDED_ON_DELIVERY.test(name)) {
    const help = 'ask for what the event itself says, such as time, id or dataset';
    return { kind: 'none', message: `${name} is added when an event is delivered, and cannot be searched`, help };
  }
  const type = Object.hasOwn(types, name) ? types[name]! : names.fields.get(name);
  if (type !== undefined) return { kind: 'document', path: name.split('.'), type: documentTypes[type] ?? 'keyword' };
  return flattenedField(typed, name, names) ?? unknownField(typed, names);
}

/** Below some fields the names are data: what follows is one name, dots and all, in the case of the record. */
function flattenedField(typed: string, name: string, names: Names): Field | null {
  const parents = [...Object.entries(types), ...names.fields]
    .filter(([, type]) => type === 'flattened' || type === 'object')
    .map(([parent]) => parent);
  const parent = parents.find((each) => name.startsWith(`${each}.`) && name.length > each.length + 1);
  if (parent === undefined) return null;
  return { kind: 'document', path: [...parent.split('.'), typed.slice(parent.length + 1)], type: 'keyword' };
}

/** Longer names are no slips of the finger, and would take long to compare. */
const SLIP_MAX = 40;
const SUGGESTIONS_MAX = 3;

function unknownField(typed: string, names: Names): NoField {
  const all = [...new Set([...COLUMNS.keys(), ...Object.keys(types), ...names.fields.keys()])];
  const message = `there is no field ${typed.length > SLIP_MAX ? `${typed.slice(0, SLIP_MAX)}…` : typed}`;
  const name = fold(typed);
  const meant = name.length > SLIP_MAX || name === '' ? null : nearest(name, all);
  const longer = all
    .filter((other) => other.endsWith(`.${name}`) || other.startsWith(`${name}.`))
    .sort((a, b) => a.length - b.length);
  const suggestions = [...new Set([...(meant === null ? [] : [meant]), ...longer])].slice(0, SUGGESTIONS_MAX);
  const help =
    suggestions.length > 0
      ? `did you mean ${suggestions.join(', ')}?`
      : `a text with a colon stands in quotes; short names of fields: ${SHORT_NAMES.join(', ')}`;
  return { kind: 'none', message, help };
}
