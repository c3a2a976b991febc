import type { Condition } from './condition.ts';
import { compile, type Surroundings } from './compile.ts';
import type { QueryError } from './errors.ts';
import { parse } from './parse.ts';
import type { Query } from './syntax.ts';

/** A query that was understood, or what is wrong with it, in the order of its places. */
export type Read =
  | { readonly kind: 'query'; readonly query: Query; readonly condition: Condition }
  | { readonly kind: 'errors'; readonly errors: readonly QueryError[] };

/** Reads a query. The one door: search, export and a lane's `where` all come through here. */
export function readQuery(text: string, surroundings: Surroundings): Read {
  const parsed = parse(text);
  const compiled = compile(parsed.query, surroundings);
  const errors = [...parsed.errors, ...compiled.errors].sort((a, b) => a.place.start - b.place.start);
  return errors.length > 0
    ? { kind: 'errors', errors }
    : { kind: 'query', query: parsed.query, condition: compiled.condition };
}
