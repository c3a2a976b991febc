import { askCompare, askIs, type AskParts } from './ask.ts';
import type { Condition } from './condition.ts';
import { wordCondition } from './conditions.ts';
import { QueryErrors, type QueryError } from './errors.ts';
import { fieldOf, type Field } from './fields.ts';
import type { Names } from './names.ts';
import { allOf, anyOf, negated } from './simplify.ts';
import type { FieldName, Place, Query, Term, Tree, Value } from './syntax.ts';
import { timeValues } from './time-value.ts';
import type { Misfit } from './values.ts';

/** What a query is read with, beside its text. */
export interface Surroundings {
  /** Milliseconds since the epoch; null where a query stays for long and a relative time would mislead (a lane's `where`). */
  readonly now: number | null;
  /** IANA name: what times without a zone are in. */
  readonly timeZone: string;
  readonly names: Names;
}

export interface Compiled {
  /** Where there are errors, what could be made of the rest. */
  readonly condition: Condition;
  readonly errors: readonly QueryError[];
}

/** What a query asks, with names and times looked up. */
export function compile(query: Query, { now, timeZone, names }: Surroundings): Compiled {
  const errors = new QueryErrors();
  const compiler = new Compiler({ names, readTime: timeValues(now, timeZone) }, errors);
  return { condition: query.kind === 'all' ? ALL : compiler.terms(query), errors: errors.all };
}

const ALL: Condition = { kind: 'all' };

class Compiler {
  readonly #parts: AskParts;
  readonly #errors: QueryErrors;

  constructor(parts: AskParts, errors: QueryErrors) {
    this.#parts = parts;
    this.#errors = errors;
  }

  terms(tree: Tree<Term>): Condition {
    switch (tree.kind) {
      case 'and':
        return allOf(tree.parts.map((part) => this.terms(part)));
      case 'or':
        return anyOf(tree.parts.map((part) => this.terms(part)));
      case 'not':
        return negated(this.terms(tree.part));
      case 'word':
        return wordCondition(tree.value, this.#parts.names);
      case 'is':
        return this.#withField(tree.field, (field) => this.#values(field, tree.values));
      case 'compare': {
        const { operator, value } = tree;
        return this.#withField(tree.field, (field) =>
          this.#fitting(value.place, askCompare(field, operator, value, this.#parts)),
        );
      }
    }
  }

  #values(field: Field, tree: Tree<Value>): Condition {
    switch (tree.kind) {
      case 'and':
        return allOf(tree.parts.map((part) => this.#values(field, part)));
      case 'or':
        return anyOf(tree.parts.map((part) => this.#values(field, part)));
      case 'not':
        return negated(this.#values(field, tree.part));
      case 'literal':
      case 'glob':
        return this.#fitting(tree.place, askIs(field, tree, this.#parts));
    }
  }

  #withField({ name, place }: FieldName, ask: (field: Field) => Condition): Condition {
    if (this.#errors.full) return ALL;
    const field = fieldOf(name, this.#parts.names);
    if (field.kind !== 'none') return ask(field);
    this.#errors.add(place, field.message, field.help);
    return ALL;
  }

  #fitting(place: Place, asked: Condition | Misfit): Condition {
    if (asked.kind !== 'misfit') return asked;
    this.#errors.add(place, asked.message, asked.help);
    return ALL;
  }
}
