import type { RowDefinition } from './pack-definition.ts';
import { shapeOf, unquoted } from './shapes.ts';

export interface Recognised<Row> {
  /** `null` when nothing recognises the message; `shape` then says what kind of message it is. */
  readonly row: Row | null;
  /** By the message itself, not by a rule about the call. */
  readonly byMessage: boolean;
  readonly shape: string;
}

/** Remembered messages; when there are more, all are forgotten. */
const REMEMBERED_MAX = 4_096;
/** A longer message is not remembered, and only its beginning is looked at. */
const MESSAGE_MAX = 512;
const DEFAULT_RANK = 50;

/** Words that must all be in a message (each group: one of them), and words that must not. */
interface Pattern<Row> {
  readonly row: Row;
  readonly rank: number;
  readonly must: readonly (readonly string[])[];
  readonly mustNot: readonly string[];
}

/**
 * Finds an event's row: first rules for acl, method and message together, then whole wordings, then words. What is asked
 * first among the words is decided by `rank` and code, never by the order of the file.
 *
 * Words: `connector creat*|add* !link` is a message with the word connector, with one that begins with creat or add, and
 * without the word link, in any order; case and punctuation do not count, nor does what the message quotes: whoever names
 * a file does not choose the event.
 */
export class Recogniser<Row extends RowDefinition> {
  readonly #exact = new Map<string, Row>();
  readonly #wordings = new Map<string, Row>();
  readonly #patterns: readonly Pattern<Row>[];
  readonly #words: ReadonlySet<string>;
  readonly #beginnings: ReadonlySet<number>;
  readonly #remembered = new Map<string, Recognised<Row>>();

  /** Throws an `Error` where two rows claim the same text. */
  constructor(rows: readonly Row[]) {
    const recognisable = rows.filter(({ kind }) => kind !== 'pipeline_error');
    for (const row of recognisable) {
      for (const rule of row.exact ?? []) claim(this.#exact, exactKey(rule.acl, rule.method, rule.message), row);
      for (const text of new Set([row.name, ...(row.wordings ?? [])].map(plain))) claim(this.#wordings, text, row);
    }
    this.#patterns = recognisable
      .flatMap((row) => (row.match ?? []).map((text) => pattern(row, text)))
      .sort((a, b) => a.rank - b.rank || compare(a.row.code, b.row.code));
    const words = this.#patterns.flatMap(({ must, mustNot }) => [...must.flat(), ...mustNot]);
    this.#words = new Set(words);
    this.#beginnings = new Set(words.filter((word) => word.endsWith('*')).map((word) => word.length - 1));
  }

  recognise(acl: string, method: string, message: string): Recognised<Row> {
    if (this.#exact.size > 0) {
      const row = this.#exact.get(exactKey(acl, method, message));
      if (row) return { row, byMessage: this.#byMessage(message).row === row, shape: '' };
    }
    return this.#byMessage(message);
  }

  #byMessage(message: string): Recognised<Row> {
    const known = this.#remembered.get(message);
    if (known) return known;
    const looked = message.length > MESSAGE_MAX ? message.slice(0, MESSAGE_MAX) : message;
    const row = this.#wordings.get(plain(looked)) ?? this.#byWords(unquoted(looked));
    const recognised = { row, byMessage: row !== null, shape: row === null ? shapeOf(looked) : '' };
    if (looked === message) {
      if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
      this.#remembered.set(message, recognised);
    }
    return recognised;
  }

  #byWords(message: string): Row | null {
    const present = new Set<string>();
    for (const word of wordsOf(message)) {
      if (this.#words.has(word)) present.add(word);
      for (const length of this.#beginnings) {
        const beginning = `${word.slice(0, length)}*`;
        if (word.length >= length && this.#words.has(beginning)) present.add(beginning);
      }
    }
    const found = this.#patterns.find(
      ({ must, mustNot }) =>
        must.every((group) => group.some((word) => present.has(word))) && !mustNot.some((word) => present.has(word)),
    );
    return found?.row ?? null;
  }
}

function pattern<Row extends RowDefinition>(row: Row, text: string): Pattern<Row> {
  const groups = text.toLowerCase().split(/\s+/).filter(Boolean);
  return {
    row,
    rank: row.rank ?? DEFAULT_RANK,
    must: groups.filter((group) => !group.startsWith('!')).map((group) => group.split('|')),
    mustNot: groups.filter((group) => group.startsWith('!')).flatMap((group) => group.slice(1).split('|')),
  };
}

function claim<Row extends RowDefinition>(texts: Map<string, Row>, text: string, row: Row): void {
  const other = texts.get(text);
  if (other) throw new Error(`rows ${other.code} and ${row.code} both claim the text "${text}"`);
  texts.set(text, row);
}

const exactKey = (acl: string, method: string, message: string): string =>
  `${acl.toLowerCase()}\0${method.toLowerCase()}\0${message}`;
const wordsOf = (message: string): readonly string[] => message.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const plain = (message: string): string => wordsOf(message).join(' ');
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
