import { Cursor } from './cursor.ts';
import { QueryErrors, type QueryError } from './errors.ts';
import { nameHint } from './hints.ts';
import {
  NESTING_MAX,
  QUERY_LENGTH_MAX,
  type FieldName,
  type Operator,
  type Place,
  type Query,
  type Term,
  type Tree,
  type Value,
} from './syntax.ts';
import { wordAt, type Word } from './word.ts';

export interface Parsed {
  /** Where there are errors, what could be made of the rest. */
  readonly query: Query;
  readonly errors: readonly QueryError[];
}

/** Reads a query's text. `not` binds tightest, then `and`, which may be left out between terms, then `or`. */
export function parse(text: string): Parsed {
  const errors = new QueryErrors();
  const all: Query = { kind: 'all', place: { start: 0, end: text.length } };
  if (text.length > QUERY_LENGTH_MAX) {
    const place = { start: QUERY_LENGTH_MAX, end: text.length };
    errors.add(place, `the query is longer than ${QUERY_LENGTH_MAX} characters`);
    return { query: all, errors: errors.all };
  }
  return { query: new Parser(new Cursor(text, errors)).query() ?? all, errors: errors.all };
}

/** What is joined: the terms of a query, or the values of a field. */
interface Grammar<Leaf> {
  readonly what: string;
  readonly leaf: () => Leaf | null;
  /** Neighbours without an operator between them are joined by `and`. */
  readonly mayLeaveOutAnd: boolean;
}

/** By recursive descent. Where something is missing it says so, gives null and goes on behind it. */
class Parser {
  readonly #cursor: Cursor;
  #depth = 0;
  readonly #terms: Grammar<Term> = { what: 'a query', leaf: () => this.#term(), mayLeaveOutAnd: true };
  readonly #values: Grammar<Value> = { what: 'a value', leaf: () => this.#cursor.value(), mayLeaveOutAnd: false };

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  query(): Tree<Term> | null {
    const cursor = this.#cursor;
    let query: Tree<Term> | null = null;
    while (cursor.peek() !== '') {
      if (cursor.peek() === ')') {
        cursor.fail(cursor.here(), 'a ) without its (', 'put it in quotes if it is part of a text');
        cursor.at++;
      } else query = this.#or(this.#terms) ?? query;
    }
    return query;
  }

  #or<Leaf extends Placed>(grammar: Grammar<Leaf>): Tree<Leaf> | null {
    return this.#joined('or', grammar, () => this.#joined('and', grammar, () => this.#not(grammar)));
  }

  #joined<Leaf extends Placed>(
    kind: 'and' | 'or',
    grammar: Grammar<Leaf>,
    next: () => Tree<Leaf> | null,
  ): Tree<Leaf> | null {
    const all = [next()];
    while (this.#goesOn(kind, grammar)) all.push(next());
    const parts = all.filter((part) => part !== null);
    if (parts.length <= 1) return parts[0] ?? null;
    return { kind, parts, place: { start: parts[0]!.place.start, end: parts.at(-1)!.place.end } };
  }

  /** Whether another part follows; the operator before it is read. */
  #goesOn(kind: 'and' | 'or', { mayLeaveOutAnd }: Grammar<unknown>): boolean {
    const cursor = this.#cursor;
    const char = cursor.peek();
    if (char === '' || char === ')') return false;
    const keyword = cursor.keyword();
    if (keyword?.kind === kind) {
      if (/\W/.test(keyword.raw)) cursor.fail(cursor.here(2), `${keyword.raw} is no operator here`, `write ${kind}`);
      cursor.at += keyword.raw.length;
      return true;
    }
    if (kind === 'or' || keyword?.kind === 'or') return false;
    if (!mayLeaveOutAnd)
      cursor.fail(
        cursor.here(),
        '"and" or "or" is missing between two values',
        'put both in quotes if they are one text',
      );
    return true;
  }

  #not<Leaf extends Placed>(grammar: Grammar<Leaf>): Tree<Leaf> | null {
    const cursor = this.#cursor;
    if (cursor.keyword()?.kind !== 'not') return this.#one(grammar);
    const start = cursor.at;
    cursor.at += 'not'.length;
    const part = this.#nested(start, () => this.#not(grammar));
    return part && { kind: 'not', part, place: { start, end: part.place.end } };
  }

  #one<Leaf extends Placed>(grammar: Grammar<Leaf>): Tree<Leaf> | null {
    const char = this.#cursor.peek();
    if (char === '' || char === ')' || this.#cursor.keyword() !== null) return this.#missing(grammar.what);
    return char === '(' ? this.#group(grammar) : grammar.leaf();
  }

  #group<Leaf extends Placed>(grammar: Grammar<Leaf>): Tree<Leaf> | null {
    const cursor = this.#cursor;
    const start = cursor.at++;
    const inner = this.#nested(start, () => this.#or(grammar));
    if (cursor.peek() === ')') cursor.at++;
    else cursor.fail({ start, end: start + 1 }, 'a ( without its )');
    return inner;
  }

  /** A bound on what is inside each other, so that no query exhausts the stack. */
  #nested<Node>(start: number, inner: () => Node | null): Node | null {
    const message = `the query nests deeper than ${NESTING_MAX} levels`;
    if (this.#depth === NESTING_MAX) return this.#cursor.stop({ start, end: start + 1 }, message);
    this.#depth++;
    const node = inner();
    this.#depth--;
    return node;
  }

  #missing(what: string): null {
    const cursor = this.#cursor;
    const keyword = cursor.keyword();
    if (keyword === null)
      return cursor.fail(cursor.here(), `${what} is missing ${cursor.peek() === '' ? 'at the end' : 'before )'}`);
    const { kind, raw } = keyword;
    const isNotBehindColon = what === 'a value' && kind === 'not';
    const help = isNotBehindColon
      ? 'not stands before the field, or inside ( )'
      : `"${raw}" in quotes is the text itself`;
    return cursor.fail(cursor.here(raw.length), `${what} is missing before ${raw}`, help);
  }

  /** A word or text, or a field and what it is asked. */
  #term(): Term | null {
    const cursor = this.#cursor;
    const start = cursor.at;
    const word = cursor.text[start] === '"' ? null : wordAt(cursor.text, start, false);
    cursor.at = word?.end ?? start;
    const next = word ? cursor.peek() : '';
    if (!word || (next !== ':' && next !== '<' && next !== '>')) {
      const value = cursor.bare(word);
      return value && { kind: 'word', value, place: value.place };
    }
    const field = this.#name(word, start, next);
    const term = next === ':' ? this.#is(field.name) : this.#compare(field.name, next);
    return field.isName ? term : null;
  }

  #name(word: Word, start: number, next: string): { readonly name: FieldName; readonly isName: boolean } {
    const cursor = this.#cursor;
    const place = { start, end: word.end };
    const hint = nameHint(word.raw);
    if (word.raw === '') cursor.fail(cursor.here(), `a field is missing before ${next}`);
    else if (word.parts.length > 1)
      cursor.fail(place, 'the name of a field takes no *', 'name each field, joined by or');
    else if (hint) cursor.fail(place, hint.message, hint.help);
    const isName = word.raw !== '' && word.parts.length === 1 && !hint;
    return { name: { name: word.parts.join('*'), place }, isName };
  }

  #is(field: FieldName): Term | null {
    const cursor = this.#cursor;
    const colon = cursor.at++;
    const next = cursor.peek();
    if (next === '<' || next === '>') {
      const sign = cursor.text[cursor.at + 1] === '=' ? `${next}=` : next;
      const place = { start: colon, end: cursor.at + sign.length };
      cursor.fail(place, `: and ${sign} together`, `write ${field.name} ${sign} value`);
      return this.#compare(field, next);
    }
    const values = this.#one(this.#values);
    return values && { kind: 'is', field, values, place: { start: field.place.start, end: cursor.at } };
  }

  #compare(field: FieldName, sign: '<' | '>'): Term | null {
    const cursor = this.#cursor;
    const operator: Operator = cursor.text[cursor.at + 1] === '=' ? `${sign}=` : sign;
    cursor.at += operator.length;
    if (cursor.peek() === '(') cursor.fail(cursor.here(), `${operator} takes one value`, 'write one comparison each');
    const value = this.#one(this.#values);
    if (value?.kind !== 'literal' && value?.kind !== 'glob') return null;
    return { kind: 'compare', field, operator, value, place: { start: field.place.start, end: cursor.at } };
  }
}

interface Placed {
  readonly place: Place;
}
