import type { Schema } from './schema.ts';

/** A number or a choice may also be given as a reference, `${NAME}`, which is looked up later. */
const REFERENCE = { type: 'string', pattern: '\\$\\{' } as const;

/** The schema as plain JSON Schema (draft 7) for editors, which know nothing of sizes, secrets and references. */
export function editorSchema(schema: Schema): Readonly<Record<string, unknown>> {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'audit-relay', ...plain(schema) };
}

function plain(schema: Schema): Readonly<Record<string, unknown>> {
  const described = {
    description: schema.description,
    ...('default' in schema && { default: schema.default }),
  };
  if ('oneOf' in schema) {
    return {
      ...described,
      type: 'object',
      required: [schema.discriminator.propertyName],
      oneOf: schema.oneOf.map(plain),
    };
  }
  if ('properties' in schema) {
    const properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, inner]) => [name, plain(inner)]),
    );
    return {
      ...described,
      type: 'object',
      properties,
      additionalProperties: false,
      ...(schema.required && { required: schema.required }),
    };
  }
  if ('additionalProperties' in schema) {
    const { minProperties, propertyNames } = schema;
    return {
      ...described,
      type: 'object',
      ...(propertyNames && { propertyNames }),
      additionalProperties: plain(schema.additionalProperties),
      ...(minProperties !== undefined && { minProperties }),
    };
  }
  if ('items' in schema) {
    const { minItems } = schema;
    return { ...described, type: 'array', items: plain(schema.items), ...(minItems !== undefined && { minItems }) };
  }
  const isPlainText = schema.type === 'string' && !schema.enum && schema.pattern === undefined;
  const own = without(schema, 'description', 'default', 'format', 'secret', 'minSize');
  return isPlainText ? { ...described, ...own } : { ...described, anyOf: [own, REFERENCE] };
}

const without = (schema: Schema, ...names: readonly string[]): object =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name)));
