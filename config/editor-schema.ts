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
    ...('default' in schema && schema.default !== undefined && { default: schema.default }),
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
    const { minProperties } = schema;
    return {
      ...described,
      type: 'object',
      additionalProperties: plain(schema.additionalProperties),
      ...(minProperties !== undefined && { minProperties }),
    };
  }
  if ('items' in schema) {
    const { minItems } = schema;
    return { ...described, type: 'array', items: plain(schema.items), ...(minItems !== undefined && { minItems }) };
  }
  const { description: _description, default: _default, examples, ...checks } = schema;
  const { format: _format, secret: _secret, ...rest } = checks as Record<string, unknown>;
  const own = { ...rest, ...(examples && { examples }) };
  const isPlainText =
    schema.type === 'string' && !schema.enum && schema.const === undefined && schema.pattern === undefined;
  return isPlainText || ('const' in schema && schema.const !== undefined)
    ? { ...described, ...own }
    : { ...described, anyOf: [own, REFERENCE] };
}
