import { resolve } from 'node:path';
import type { ObjectSchema, Schema, UnionSchema } from './schema.ts';
import { Secret } from './secrets.ts';
import { parseDuration, parseSize } from './units.ts';

/** The value of a schema that was checked: defaults in, sizes in bytes, durations in ms, paths absolute, secrets wrapped. */
export function normalize(value: unknown, schema: Schema, folder: string): unknown {
  if (schema.type === 'array') return (value as unknown[]).map((item) => normalize(item, schema.items, folder));
  if (schema.type === 'string') {
    const text = String(value);
    if (schema.secret) return new Secret(text);
    if (schema.format === 'size') return parseSize(text);
    if (schema.format === 'duration') return parseDuration(text);
    if (schema.format === 'path') return resolve(folder, text);
    return text;
  }
  if (schema.type !== 'object') return value;
  const given = value as Readonly<Record<string, unknown>>;
  if ('oneOf' in schema) return normalizeObject(given, variantOf(given, schema)!, folder);
  if ('properties' in schema) return normalizeObject(given, schema, folder);
  const { additionalProperties } = schema;
  return fromEntries(
    Object.entries(given).map(([name, inner]) => [name, normalize(inner, additionalProperties, folder)]),
  );
}

/** The schema of a union that the value's own property chooses. */
export function variantOf(
  value: Readonly<Record<string, unknown>>,
  { discriminator, oneOf }: UnionSchema,
): ObjectSchema | null {
  const { propertyName } = discriminator;
  const isIt = ({ properties }: ObjectSchema): boolean => {
    const property = properties[propertyName];
    return property?.type === 'string' && property.const === value[propertyName];
  };
  return oneOf.find(isIt) ?? null;
}

function normalizeObject(
  given: Readonly<Record<string, unknown>>,
  { properties }: ObjectSchema,
  folder: string,
): unknown {
  const entries = Object.entries(properties).flatMap(([name, schema]) => {
    const value = Object.hasOwn(given, name) ? given[name] : 'default' in schema ? schema.default : undefined;
    return value === undefined ? [] : [[name, normalize(value, schema, folder)] as const];
  });
  return fromEntries(entries);
}

/** Names are the operator's: `__proto__` is one like any other. */
const fromEntries = (entries: readonly (readonly [string, unknown])[]): object =>
  Object.assign(Object.create(null) as object, Object.fromEntries(entries));
