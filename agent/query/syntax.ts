/** Where in the query's text something stands, in UTF-16 units: `start` inclusive, `end` exclusive. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** A query as it was typed; `all` is the empty one. */
export type Query = { readonly kind: 'all'; readonly place: Place } | Tree<Term>;

/** Joined by `and`, `or` and `not`. `and` and `or` have two parts or more. */
export type Tree<Leaf> =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Tree<Leaf>[]; readonly place: Place }
  | { readonly kind: 'not'; readonly part: Tree<Leaf>; readonly place: Place }
  | Leaf;

export type Term =
  /** A bare word or a quoted text: part of any text. */
  | { readonly kind: 'word'; readonly value: Value; readonly place: Place }
  /** `field:value`, `field:(a or b)`. */
  | { readonly kind: 'is'; readonly field: FieldName; readonly values: Tree<Value>; readonly place: Place }
  /** `field >= value`. */
  | {
      readonly kind: 'compare';
      readonly field: FieldName;
      readonly operator: Operator;
      readonly value: Value;
      readonly place: Place;
    };

export type Operator = '<' | '<=' | '>' | '>=';

/** A field's name as it was typed, escapes undone. */
export interface FieldName {
  readonly name: string;
  readonly place: Place;
}

/** A text, quotes and escapes undone; or the two or more texts between the stars of one with wildcards. */
export type Value =
  | { readonly kind: 'literal'; readonly text: string; readonly place: Place }
  | { readonly kind: 'glob'; readonly parts: readonly string[]; readonly place: Place };

/** Bounds of a query; what is beyond them is an error at its place. */
export const QUERY_LENGTH_MAX = 16_384;
/** Parentheses and `not` inside each other. */
export const NESTING_MAX = 32;
/** Words, and values of fields. */
export const TERMS_MAX = 1_000;
