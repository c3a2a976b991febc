/** What a query asks of an event, ready to be evaluated: over heads, over columns, or plainly (`evaluate.ts`). */
export type Condition =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | TextCondition
  | TimeCondition
  | SeverityCondition
  | DocumentCondition;

/** The columns of `Head` (mappings/events.ts) that hold text. */
export type TextColumn =
  | 'user'
  | 'area'
  | 'message'
  | 'outcome'
  | 'ip'
  | 'action'
  | 'code'
  | 'id'
  | 'dataset'
  | 'source'
  | 'target'
  | 'connector'
  | 'organization';

/** Passes when the text of any of these columns does; a column without a value never does. */
export interface TextCondition {
  readonly kind: 'text';
  readonly columns: readonly TextColumn[];
  readonly test: TextTest;
}

/** Milliseconds since the epoch, `from` inclusive, `to` exclusive; `-Infinity` and `Infinity` where it is open. */
export interface TimeCondition {
  readonly kind: 'time';
  readonly from: number;
  readonly to: number;
}

/** Both inclusive; `-Infinity` and `Infinity` where it is open. */
export interface SeverityCondition {
  readonly kind: 'severity';
  readonly from: number;
  readonly to: number;
}

/** What no column holds: looked up in the parsed document, which is slower, and whoever answers says so. */
export interface DocumentCondition {
  readonly kind: 'document';
  /** The field's name by its dots. */
  readonly path: readonly string[];
  /** Whether the document (parsed JSON) passes; it never throws, whatever it is given. */
  readonly passes: (document: unknown) => boolean;
  /** Stands in an `and` behind a condition over columns that few events pass: nobody need be told that it is slow. */
  readonly rare?: true;
}

export interface TextTest {
  /** `folded`: the text as `fold` gives it, as no comparison minds upper and lower case. */
  readonly passes: (folded: string) => boolean;
  /** When set, exactly this folded text passes. */
  readonly equals?: string;
  /** When set, only texts that contain this folded one pass, and not all of them need to. */
  readonly contains?: string;
}

/** A text as it is compared: in lower case, and a final sigma is a sigma, so that a part of a text folds like the whole. */
export const fold = (text: string): string => text.toLowerCase().replaceAll('ς', 'σ');
