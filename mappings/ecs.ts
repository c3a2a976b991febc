import ecs from './ecs-9.4.json' with { type: 'json' };
import { ipAddress } from './ip.ts';

const types: Readonly<Record<string, string>> = ecs.fields;
const allowed: Readonly<Record<string, readonly string[]>> = ecs.allowed;
const pairs: Readonly<Record<string, readonly string[]>> = ecs.pairs;

/** Objects whose own names are data: destinations map each as one field (`flattened`). */
const FLATTENED = /^[a-z0-9_]+(?:\.audit)?\.(?:metadata|extra|details)$/;

/**
 * Names by which destinations guess a type (Elasticsearch's ecs@mappings): a text under such a name is refused there, or
 * silently not indexed.
 */
const TRAPS =
  /(?:^|[._])(?:ip|timestamp)$|(?:^|\.)(?:created|start|end|location|usage|ingested|sequence)$|_score|(?:^|\.)score/;

/** Whether a field of one's own, a text, would be taken for something else because of its name. */
export const isTrap = (field: string): boolean => TRAPS.test(field);

type Json = Readonly<Record<string, unknown>>;

/** What is wrong with a document by ECS 9.4: a line for each fault, none for a valid one. */
export function ecsProblems(document: Json): string[] {
  const event = isObject(document['event']) ? document['event'] : {};
  const modules = new Set(['keepit', 'audit_relay', String(event['module'])]);
  return [...fieldProblems(document, '', modules), ...pairProblems(event)];
}

function fieldProblems(node: Json, path: string, modules: ReadonlySet<string>): readonly string[] {
  return Object.entries(node).flatMap(([name, value]) => {
    const field = path === '' ? name : `${path}.${name}`;
    if (modules.has(field.split('.', 1)[0]!)) return ownProblems(value, field);
    const type = types[field];
    if (type !== undefined) return valueProblems(field, type, value);
    return isObject(value) ? fieldProblems(value, field, modules) : [`${field}: not a field of ECS ${ecs.version}`];
  });
}

function ownProblems(value: unknown, field: string): readonly string[] {
  if (isObject(value)) {
    const entries = Object.entries(value);
    if (!FLATTENED.test(field)) return entries.flatMap(([name, inner]) => ownProblems(inner, `${field}.${name}`));
    return entries
      .filter(([name, inner]) => typeof inner !== 'string' || name === '' || name.includes('\0'))
      .map(([name]) => `${field}: ${JSON.stringify(name)} must be a named text`);
  }
  if (isTrap(field)) return [`${field}: destinations guess another type from this name`];
  return isKeyword(value) ? [] : [`${field}: must be a text of at most 1,024 characters`];
}

function valueProblems(field: string, type: string, value: unknown): readonly string[] {
  const list = type.endsWith('[]');
  if (list !== Array.isArray(value)) return [`${field}: must ${list ? '' : 'not '}be a list`];
  const one = list ? type.slice(0, -2) : type;
  return (list ? (value as readonly unknown[]) : [value]).flatMap((item) => {
    if (!isOfType[one]?.(item, field)) return [`${field}: ${JSON.stringify(item)} is not of type ${one}`];
    const choices = allowed[field];
    return choices && !choices.includes(item as string) ? [`${field}: ${String(item)} is not an allowed value`] : [];
  });
}

const isKeyword = (value: unknown): boolean => typeof value === 'string' && value.length <= 1_024;
const isText = (value: unknown): boolean => typeof value === 'string';
const UNLIMITED = new Set(['event.original']); // stored, never indexed

const isOfType: Readonly<Record<string, (value: unknown, field: string) => boolean>> = {
  keyword: (value, field) => (UNLIMITED.has(field) ? isText(value) : isKeyword(value)),
  constant_keyword: isKeyword,
  wildcard: isText,
  match_only_text: isText,
  long: (value) => Number.isSafeInteger(value),
  ip: (value) => typeof value === 'string' && ipAddress(value) !== null,
  date: (value) => typeof value === 'string' && value.length === 24 && !Number.isNaN(Date.parse(value)),
  object: isObject,
  flattened: isObject,
};

/** Each type of an event must be expected in each of its categories. */
function pairProblems(event: Json): readonly string[] {
  const list = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as readonly string[]) : []);
  return list(event['category']).flatMap((category) =>
    list(event['type'])
      .filter((type) => !pairs[category]?.includes(type))
      .map((type) => `event.type: ${type} is not expected in category ${category}`),
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
