import type { ObjectSchema, Schema } from './schema.ts';

/** The reference page of a configuration, in Markdown: every option with its type, default and meaning. */
export function referencePage(title: string, introduction: string, schema: ObjectSchema): string {
  return [`# ${title}`, '', introduction, '', ...section('', schema, 2)].join('\n').trimEnd() + '\n';
}

function section(path: string, schema: ObjectSchema, level: number): readonly string[] {
  const entries = Object.entries(schema.properties);
  const required = new Set(schema.required);
  const rows = entries
    .filter(([, inner]) => !('const' in inner))
    .map(
      ([name, inner]) =>
        `| \`${name}\` | ${typeText(inner)} | ${defaultText(inner, required.has(name))} | ${meaning(inner)} |`,
    );
  const table = ['| option | type | default | meaning |', '|---|---|---|---|', ...rows, ''];
  const deeper = entries.flatMap(([name, inner]) => nested(path === '' ? name : `${path}.${name}`, inner, level));
  return [...table, ...deeper];
}

function nested(path: string, schema: Schema, level: number): readonly string[] {
  const heading = '#'.repeat(level);
  if (schema.type !== 'object') return [];
  if ('properties' in schema)
    return [`${heading} ${path}`, '', schema.description, '', ...section(path, schema, level + 1)];
  if ('additionalProperties' in schema) return nestedMap(path, schema.additionalProperties, schema.description, level);
  return [];
}

function nestedMap(path: string, values: Schema, description: string, level: number): readonly string[] {
  const heading = '#'.repeat(level);
  if (!('oneOf' in values)) return nested(`${path}.<name>`, values, level);
  const kinds = values.oneOf.flatMap((variant) => {
    const kind = variant.properties[values.discriminator.propertyName];
    const name = kind?.type === 'string' ? (kind.const ?? '') : '';
    return [
      `${heading}# ${path}.<name>: type ${name}`,
      '',
      variant.description,
      '',
      ...section(`${path}.<name>`, variant, level + 2),
    ];
  });
  return [`${heading} ${path}`, '', description, '', ...kinds];
}

function typeText(schema: Schema): string {
  if (schema.type === 'string') {
    if (schema.secret) return 'secret';
    if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
    return schema.format ?? 'text';
  }
  if (schema.type === 'array') return `list of ${typeText(schema.items)}`;
  if (schema.type === 'integer') return 'whole number';
  if (schema.type === 'boolean') return 'true or false';
  return schema.type === 'object' ? 'mapping' : schema.type;
}

function defaultText(schema: Schema, isRequired: boolean): string {
  if (isRequired) return '**required**';
  const value = 'default' in schema ? schema.default : undefined;
  if (value === undefined || schema.type === 'object') return '';
  return Array.isArray(value)
    ? value.length === 0
      ? 'none'
      : `\`${JSON.stringify(value)}\``
    : `\`${value as string | number | boolean}\``;
}

function meaning(schema: Schema): string {
  const examples =
    schema.examples?.map((example) => `\`${typeof example === 'string' ? example : JSON.stringify(example)}\``) ?? [];
  const text = examples.length > 0 ? `${schema.description} Example: ${examples.join(', ')}.` : schema.description;
  return text.replaceAll('|', '\\|');
}
