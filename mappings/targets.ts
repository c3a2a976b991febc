import ecs from './ecs-9.4.json' with { type: 'json' };
import { isTrap } from './ecs.ts';
import { ipAddress } from './ip.ts';
import { timeReader } from './time.ts';

/** Anything JSON holds, while a document is put together. */
export interface Tree {
  [name: string]: unknown;
}

/** A field of the event that a pack fills: where it goes, and what text becomes there; `undefined` leaves it out. */
export interface Target {
  readonly parent: readonly string[];
  readonly leaf: string;
  readonly convert: (text: string) => unknown;
}

/** Longer keywords are stored by destinations but not found (`ignore_above` of ECS). */
const KEYWORD_MAX = 1_024;

/** The text, at most `KEYWORD_MAX` characters of it, never half a character. */
export const keyword = (text: string): string =>
  text.length <= KEYWORD_MAX ? text : text.slice(0, KEYWORD_MAX).toWellFormed();

function list(text: string): readonly string[] | undefined {
  const items = text
    .split(/[,;]/)
    .map((item) => keyword(item.trim()))
    .filter((item) => item !== '');
  return items.length === 0 ? undefined : items;
}

const readTime = timeReader();
const types: Readonly<Record<string, string>> = ecs.fields;
const converters: Readonly<Record<string, Target['convert']>> = {
  keyword,
  'keyword[]': list,
  wildcard: keyword,
  match_only_text: keyword,
  long: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined),
  ip: (text) => ipAddress(text) ?? undefined,
  date: (text) => readTime(text) ?? undefined,
};

/** The agent itself says these of every event. */
const taken =
  /^(?:@timestamp|tags|(?:agent|ecs|data_stream|related)\..*|event\.(?:action|category|code|created|dataset|hash|id|ingested|kind|module|original|outcome|sequence|severity|type))$/;

/** A field by its dotted name: one of ECS, or one below `module`; throws an `Error` that says what was expected. */
export function target(path: string, module: string): Target {
  if (taken.test(path)) throw new Error(`${path} is filled by the agent`);
  const parts = path.split('.');
  const inherited = parts.find((name) => name in Object.prototype);
  if (inherited !== undefined) throw new Error(`${path}: ${inherited} cannot be the name of a field`);
  const own = path.startsWith(`${module}.`);
  if (own && isTrap(path)) throw new Error(`${path}: destinations guess another type than text from this name`);
  const type = own ? 'keyword' : types[path];
  if (type === undefined)
    throw new Error(`expected a field of ECS ${ecs.version} or one below ${module}., not ${path}`);
  const convert = converters[type];
  if (!convert) throw new Error(`${path} is of type ${type}, which a text cannot fill`);
  return { parent: parts.slice(0, -1), leaf: parts.at(-1)!, convert };
}

/** The object at `path`, made where it is missing. */
export function reach(tree: Tree, path: readonly string[]): Tree {
  let node = tree;
  for (const name of path) node = (node[name] ??= {}) as Tree;
  return node;
}

export function put(tree: Tree, { parent, leaf }: Target, value: unknown): void {
  reach(tree, parent)[leaf] = value;
}
