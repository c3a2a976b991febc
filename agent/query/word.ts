import type { Value } from './syntax.ts';

/** An unquoted text: where it ends, what it says, and what was probably meant instead. */
export interface Word {
  readonly end: number;
  /** The texts between its stars; one where it has none. */
  readonly parts: readonly string[];
  readonly raw: string;
}

const SPACE = /\s/;
/** Behind a backslash these stand for themselves; before anything else it is a backslash, as in `CORP\jane`. */
const ESCAPABLE = /[\s!-/:-@[-`{-~‘’“”„]/;

/** What ends an unquoted text; in a value a colon does not, so that times and addresses need no quotes. */
const endsName = /[\s()"<>:]/;
const endsValue = /[\s()"<>]/;

/** The word at `start`, which may be empty. */
export function wordAt(text: string, start: number, isValue: boolean): Word {
  const ends = isValue ? endsValue : endsName;
  const parts: string[] = [];
  let part = '';
  let at = start;
  for (; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\' && at + 1 < text.length && ESCAPABLE.test(text[at + 1]!)) part += text[++at]!;
    else if (ends.test(char)) break;
    else if (char === '*') {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return { end: at, parts: [...parts, part], raw: text.slice(start, at) };
}

/** The quoted text that begins at `start`; null where it does not end. In it `\"` is a quote and `\\` a backslash. */
export function quotedAt(text: string, start: number): { readonly end: number; readonly text: string } | null {
  let inner = '';
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') return { end: at + 1, text: inner };
    if (char === '\\' && (text[at + 1] === '"' || text[at + 1] === '\\')) inner += text[++at]!;
    else inner += char;
  }
  return null;
}

export const isSpace = (char: string): boolean => SPACE.test(char);

export interface Keyword {
  readonly kind: 'and' | 'or' | 'not';
  readonly raw: string;
}

/** The operator a word is, in any case; also `&&` and `||`, which are not ours, but surely meant. */
export function keywordOf(raw: string): Keyword | null {
  if (raw.length > 3) return null;
  const lower = raw === '&&' ? 'and' : raw === '||' ? 'or' : raw.toLowerCase();
  return lower === 'and' || lower === 'or' || lower === 'not' ? { kind: lower, raw } : null;
}

/**
 * How a value is written so that reading it gives the same value: bare where nothing in it means anything else, else in
 * quotes, and with backslashes where it has wildcards.
 */
export function writeValue(value: Value, isValue: boolean): string {
  if (value.kind === 'glob') return value.parts.map(escaped).join('*');
  const { text } = value;
  const plain = isValue ? PLAIN_VALUE : PLAIN_WORD;
  return plain.test(text) && keywordOf(text) === null ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** A field's name, which cannot be quoted. */
export const writeName = (name: string): string => escaped(name);

const PLAIN_WORD = /^[\p{L}\p{N}_@.][\p{L}\p{N}_@.+/,-]*$/u;
const PLAIN_VALUE = /^[\p{L}\p{N}_@.+:-][\p{L}\p{N}_@.+/,:-]*$/u;

/** A backslash before whatever would mean something; no keyword can come out of it, as a star or a colon follows. */
const escaped = (text: string): string => text.replaceAll(/[\s\\():<>"*!=&|'‘’“”„]/g, '\\$&').replace(/^-/, '\\-');
