import type { Place } from './syntax.ts';

/** What is wrong with a query, and where. */
export interface QueryError {
  readonly place: Place;
  /** What was found. */
  readonly message: string;
  /** What would fit. */
  readonly help?: string;
}

/** Beyond that nobody reads on, and hostile queries would cost more than their worth. */
const ERRORS_MAX = 10;

/** Gathers errors, the first ones. */
export class QueryErrors {
  readonly #all: QueryError[] = [];

  get all(): readonly QueryError[] {
    return this.#all;
  }

  get full(): boolean {
    return this.#all.length >= ERRORS_MAX;
  }

  add(place: Place, message: string, help?: string): void {
    if (!this.full) this.#all.push({ place, message, ...(help !== undefined && { help }) });
  }
}

/** A long query is shown this far around the place. */
const CONTEXT = 60;

/**
 * The errors as people read them on a terminal: what, the line of the query with carets below the place, and what would
 * fit. Control characters are shown as spaces.
 */
export function formatQueryErrors(text: string, errors: readonly QueryError[]): string {
  return errors.map((error) => `${formatError(text, error)}\n`).join('\n');
}

function formatError(text: string, { place, message, help }: QueryError): string {
  const start = Math.min(place.start, text.length);
  const from = Math.max(text.lastIndexOf('\n', start - 1) + 1, start - CONTEXT);
  const lineEnd = text.indexOf('\n', start);
  const to = Math.min(lineEnd < 0 ? text.length : lineEnd, start + CONTEXT);
  const before = shown(text.slice(from, start));
  const marked = shown(text.slice(start, Math.min(Math.max(place.end, start + 1), to)));
  const carets = ' '.repeat(length(before)) + '^'.repeat(Math.max(1, length(marked)));
  return [
    message,
    `  ${shown(text.slice(from, to))}`,
    `  ${carets}`,
    ...(help === undefined ? [] : [`  ${help}`]),
  ].join('\n');
}

const shown = (text: string): string => text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
const length = (text: string): number => Array.from(text).length;
