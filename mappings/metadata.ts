import { asText } from './text.ts';
import { keyword } from './targets.ts';

/** Texts by name, all its own: read it with `textOfFirst`, add to it with `addText`, since any name may come, `__proto__` too. */
export type Texts = Record<string, string>;

/** The first of these that is there and not empty; the empty text for none. */
export function textOfFirst(texts: Texts | null, names: readonly string[]): string {
  if (!texts) return '';
  for (const name of names) {
    if (Object.hasOwn(texts, name) && texts[name] !== '') return texts[name]!;
  }
  return '';
}

/** Pairs beyond that are in the record only. */
export const PAIRS_MAX = 256;
/** Destinations keep name and value in one term, which has a limit. */
const NAME_MAX = 256;
const SECRET = '[redacted]';

/** Adds a pair; a second value of the same name is put behind the first. */
function addText(texts: Texts, name: string, value: string): void {
  const key = fieldName(name);
  const text = keyword(Object.hasOwn(texts, key) ? `${texts[key]!}, ${value}` : value);
  if (key === '__proto__') Object.defineProperty(texts, key, { value: text, enumerable: true, writable: true });
  else texts[key] = text;
}

/** Adds a value as text, unless its name is one of `secret`. */
export const addValue = (texts: Texts, name: string, value: unknown, secret: ReadonlySet<string>): void =>
  addText(texts, name, secret.has(name.toLowerCase()) ? SECRET : asText(value));

/** Elasticsearch takes neither empty names nor NUL in them. */
const fieldName = (name: string): string => {
  if (PLAIN_NAME.test(name)) return name;
  return name.replaceAll('\0', '\u{fffd}').slice(0, NAME_MAX).toWellFormed() || '_';
};
const PLAIN_NAME = /^[\w .-]{1,256}$/;

/**
 * A record's metadata as texts by key. It comes as an object, as a list of `{key, value}`, as either of them below
 * `parameter` (the platform's XML), or as something else, which is then the text `value`.
 */
export function metadataOf(value: unknown, secret: ReadonlySet<string>): Texts | null {
  if (value === undefined || value === null || value === '') return null;
  const texts: Texts = {};
  let count = 0;
  for (const [key, inner] of pairs(value)) {
    if (++count > PAIRS_MAX) break;
    addValue(texts, key, inner, secret);
  }
  return count === 0 ? null : texts;
}

function pairs(value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [['value', value]];
  if (!Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length === 1 && entries[0]![0] === 'parameter' && typeof entries[0]![1] === 'object') {
      const parameter: unknown = entries[0]![1];
      return pairs(Array.isArray(parameter) ? parameter : [parameter]);
    }
    return entries;
  }
  return value.map((item: unknown, i) => (isPair(item) ? [asText(item.key), item.value] : [`${i}`, item]));
}

const isPair = (item: unknown): item is { readonly key: unknown; readonly value?: unknown } =>
  typeof item === 'object' && item !== null && Object.hasOwn(item, 'key');
