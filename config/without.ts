import type { Path } from './document.ts';
import { isMapping } from './merge.ts';
import type { ObjectSchema, Schema } from './schema.ts';

/** What is left of a value without what is wrong: of maps the entries, of everything else the whole option. */
export function without(
  value: unknown,
  { properties }: ObjectSchema,
  wrong: readonly Path[],
): Readonly<Record<string, unknown>> {
  if (!isMapping(value)) return {};
  const left = Object.entries(value).flatMap(([key, inner]) => {
    const below = wrong.filter(([first]) => first === key);
    if (below.length === 0) return [[key, inner] as const];
    const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!isMap(schema) || !isMapping(inner) || below.some((path) => path.length === 1)) return [];
    const names = new Set(below.map((path) => path[1]));
    return [[key, Object.fromEntries(Object.entries(inner).filter(([name]) => !names.has(name)))] as const];
  });
  return Object.fromEntries(left);
}

const isMap = (schema: Schema | undefined): boolean => schema?.type === 'object' && 'additionalProperties' in schema;
