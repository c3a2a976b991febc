import type { Condition } from './condition.ts';
import type { Place, Query } from './syntax.ts';

/** What a query is read with, beside its text. */
export interface Surroundings {
  /** Milliseconds since the epoch; null where a query stays for long and a relative time would mislead (a lane's `where`). */
  readonly now: number | null;
  /** IANA name: what times without a zone are in. */
  readonly timeZone: string;
  readonly names: Names;
}

/** What the mapping packs know beyond ECS. */
export interface Names {
  /** The catalogue's name of an event, by its code in lower case. */
  readonly events: ReadonlyMap<string, string>;
  /** Fields of the packs' own, such as `keepit.connector.id`. */
  readonly fields: ReadonlySet<string>;
}

/** What is wrong with a query, and where. */
export interface QueryError {
  readonly place: Place;
  /** What was found. */
  readonly message: string;
  /** What would fit. */
  readonly help?: string;
}

/** A query that was understood, or everything that is wrong with it, in the order of its places. */
export type Read =
  | { readonly kind: 'query'; readonly query: Query; readonly condition: Condition }
  | { readonly kind: 'errors'; readonly errors: readonly QueryError[] };

/** Reads a query. The one door: search, export and a lane's `where` all come through here. */
export type ReadQuery = (text: string, surroundings: Surroundings) => Read;
