/** Where in the query's text something stands, in UTF-16 units: `start` inclusive, `end` exclusive. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** A query as it was typed. `all` is the empty one. `and` and `or` have two parts or more. */
export type Query =
  | { readonly kind: 'all'; readonly place: Place }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Query[]; readonly place: Place }
  | { readonly kind: 'not'; readonly part: Query; readonly place: Place }
  /** A bare word or a quoted text: part of any text. */
  | { readonly kind: 'word'; readonly value: Value; readonly place: Place }
  /** `field:value`, `field:(a or b)`. */
  | { readonly kind: 'is'; readonly field: FieldName; readonly values: Values; readonly place: Place }
  /** `field >= value`. */
  | {
      readonly kind: 'compare';
      readonly field: FieldName;
      readonly operator: Operator;
      readonly value: Value;
      readonly place: Place;
    };

export type Operator = '<' | '<=' | '>' | '>=';

/** A field's name as it was typed. */
export interface FieldName {
  readonly name: string;
  readonly place: Place;
}

/** What a field is asked to be. */
export type Values =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Values[]; readonly place: Place }
  | { readonly kind: 'not'; readonly part: Values; readonly place: Place }
  | Value;

/** A text, quotes and escapes undone; or the texts between the stars of one with wildcards, which are two or more. */
export type Value =
  | { readonly kind: 'literal'; readonly text: string; readonly place: Place }
  | { readonly kind: 'glob'; readonly parts: readonly string[]; readonly place: Place };
