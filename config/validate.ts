import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import cron from 'node-cron';
import { nearest } from './nearest.ts';
import type { Schema } from './schema.ts';
import { durationExample, parseDuration, parseSize, sizeExample } from './units.ts';

/** What is wrong with a value, and at which path; `key` says that the name itself is meant, not its value. */
export interface Violation {
  readonly path: readonly (string | number)[];
  readonly key: boolean;
  readonly message: string;
  readonly help?: string;
}

const FORMATS: Readonly<Record<string, { readonly check: (text: string) => boolean; readonly expected: string }>> = {
  size: { check: (text) => parseSize(text) !== null, expected: sizeExample },
  duration: { check: (text) => parseDuration(text) !== null, expected: durationExample },
  path: { check: (text) => text !== '' && !text.includes('\0'), expected: 'a path' },
  uri: { check: (text) => URL.canParse(text), expected: 'an address with its scheme, such as https://host:9200' },
  'date-time': {
    check: isTime,
    expected: 'a time such as 2026-01-01T00:00:00Z',
  },
  position: {
    check: (text) => text === 'now' || text === 'oldest' || isTime(text),
    expected: 'now, oldest, or a time such as 2026-01-01T00:00:00Z',
  },
  cron: { check: (text) => cron.validate(text), expected: 'a cron expression such as "*/5 * * * *"' },
  'time-zone': { check: isTimeZone, expected: 'a time zone such as Europe/Copenhagen or UTC' },
};

function isTime(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** Compiles a schema to a check that gives everything wrong at once. */
export function compile(schema: Schema): (value: unknown) => readonly Violation[] {
  const ajv = new Ajv({
    strict: true,
    strictRequired: false,
    allErrors: true,
    discriminator: true,
    verbose: true,
    allowUnionTypes: true,
  });
  ajv.addKeyword('secret');
  ajv.addKeyword({
    keyword: 'minSize',
    type: 'string',
    validate: (least: string, text: string) => (parseSize(text) ?? Infinity) >= parseSize(least)!,
  });
  for (const [name, { check }] of Object.entries(FORMATS)) ajv.addFormat(name, check);
  const validate: ValidateFunction = ajv.compile(closed(schema));
  return (value) => (validate(value) ? [] : unique((validate.errors ?? []).flatMap(violation)));
}

/** The same schema for ajv: unknown keys are errors, and a union's property is required. */
function closed(schema: Schema): Record<string, unknown> {
  if ('oneOf' in schema) {
    return { ...schema, required: [schema.discriminator.propertyName], oneOf: schema.oneOf.map(closed) };
  }
  if ('properties' in schema) {
    const properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, inner]) => [key, closed(inner)]),
    );
    return { ...schema, properties, additionalProperties: false };
  }
  if ('additionalProperties' in schema) {
    const { propertyNames, additionalProperties } = schema;
    return {
      ...schema,
      additionalProperties: closed(additionalProperties),
      ...(propertyNames && { propertyNames: { type: 'string', ...propertyNames } }),
    };
  }
  if ('items' in schema) return { ...schema, items: closed(schema.items) };
  return { ...schema };
}

function violation(error: ErrorObject): readonly Violation[] {
  const path = error.instancePath.split('/').slice(1).map(unescape);
  const params = error.params as Record<string, unknown>;
  const parent = error.parentSchema as Record<string, unknown>;
  const at = (message: string, help?: string): Violation[] => [
    { path, key: false, message, ...(help !== undefined && { help }) },
  ];
  if (error.propertyName !== undefined) return []; // told by `propertyNames`
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(params['additionalProperty']);
      const known = Object.keys(parent['properties'] as object);
      const meant = nearest(name, known);
      const help = meant === null ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
      return [{ path: [...path, name], key: true, message: `unknown option ${name}`, help }];
    }
    case 'required':
      return [{ path, key: true, message: `${String(params['missingProperty'])} is missing` }];
    case 'propertyNames': {
      const { description } = (error.parentSchema as { propertyNames: { description?: string } }).propertyNames;
      const name = String(params['propertyName']);
      return [{ path: [...path, name], key: true, message: `the name is not ${description ?? 'as it must be'}` }];
    }
    case 'type': {
      const format = FORMATS[String(parent['format'])];
      const isUnquoted = params['type'] === 'string' && ['number', 'boolean'].includes(typeof error.data);
      return at(
        `expected ${format?.expected ?? article(String(params['type']))}, found ${found(error.data)}`,
        isUnquoted && !format ? 'write it in quotes' : undefined,
      );
    }
    case 'enum':
      return at(
        `expected one of ${(params['allowedValues'] as unknown[]).join(', ')}`,
        meantHelp(error.data, params['allowedValues'] as string[]),
      );
    case 'discriminator':
      return discriminatorViolation(error, path);
    case 'format':
      return at(`expected ${FORMATS[String(params['format'])]!.expected}`);
    case 'pattern':
      return at('it does not have the form that is expected', expectedForm(parent));
    case 'minSize':
      return at(`it must be at least ${String(error.schema)}`);
    case 'minLength':
      return at('it must not be empty');
    case 'minItems':
    case 'minProperties':
      return at('at least one is needed', textOf(parent['description']));
    case 'minimum':
    case 'maximum':
      return at(`expected a number ${error.keyword === 'minimum' ? 'from' : 'up to'} ${String(params['limit'])}`);
    default:
      return at(error.message ?? error.keyword);
  }
}

function discriminatorViolation(error: ErrorObject, path: readonly (string | number)[]): readonly Violation[] {
  const { tag, tagValue } = error.params as { tag: string; tagValue?: unknown };
  const { oneOf } = error.parentSchema as unknown as { oneOf: { properties: Record<string, { const: string }> }[] };
  const kinds = oneOf.map(({ properties }) => properties[tag]!.const);
  if (tagValue === undefined)
    return [{ path, key: true, message: `${tag} is missing`, help: `one of ${kinds.join(', ')}` }];
  const help = meantHelp(tagValue, kinds);
  return [
    {
      path: [...path, tag],
      key: false,
      message: `expected one of ${kinds.join(', ')}`,
      ...(help !== undefined && { help }),
    },
  ];
}

function meantHelp(value: unknown, names: readonly string[]): string | undefined {
  const meant = typeof value === 'string' ? nearest(value, names) : null;
  return meant === null ? undefined : `did you mean ${meant}?`;
}

const unescape = (part: string): string | number => {
  const text = part.replaceAll('~1', '/').replaceAll('~0', '~');
  return /^\d+$/.test(text) ? Number(text) : text;
};
const article = (type: string): string =>
  ({
    object: 'a mapping',
    array: 'a list',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    string: 'text',
  })[type] ?? type;
const found = (value: unknown): string =>
  value === null
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'a mapping'
        : typeof value === 'string'
          ? 'text'
          : typeof value;
/** What the option is for, and what it may look like. */
function expectedForm({ description, examples }: Record<string, unknown>): string {
  const shown = Array.isArray(examples) ? ` Such as ${examples.map(String).join(' or ')}.` : '';
  return `${String(description)}${shown}`;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A missing property of a union is told by two keywords; once is enough. */
function unique(violations: readonly Violation[]): readonly Violation[] {
  const seen = new Set<string>();
  return violations.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !seen.has(key) && seen.add(key);
  });
}
