/** Thrown by the mapping of a record that is no event; it becomes a `pipeline_error`. */
export class Unmappable extends Error {
  override readonly name = 'Unmappable';
}

/** Deeper nesting is no field of an audit log, and would exhaust the stack of whoever reads it. */
const DEPTH_MAX = 64;

/** Any JSON value as text: objects and arrays as JSON, nothing as the empty text, half characters as U+FFFD. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (typeof value !== 'object') return '';
  checkDepth(value, 1);
  return JSON.stringify(value);
}

/** Throws `Unmappable` where `value` is nested deeper than `DEPTH_MAX`. */
export function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEPTH_MAX) throw new Unmappable(`nested deeper than ${DEPTH_MAX} levels`);
  for (const inner of Object.values(value)) checkDepth(inner, depth + 1);
}
