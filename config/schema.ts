import type { Secret } from './secrets.ts';

/**
 * Options are described once, as a JSON Schema literal beside the code that uses them; the literal is the type (`Options`),
 * the check, the defaults, the reference page and the editor's completion.
 */
interface Described {
  readonly description: string;
  readonly examples?: readonly unknown[];
}

export interface StringSchema extends Described {
  readonly type: 'string';
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly default?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  /**
   * `size`: `256MiB`, becomes bytes; `duration`: `30s`, `400d`, becomes ms; `path`: taken from the configuration file's
   * folder, becomes absolute; `position`: now, oldest or a time; the others are checked and stay text.
   */
  readonly format?: 'size' | 'duration' | 'path' | 'uri' | 'date-time' | 'position' | 'cron' | 'time-zone';
  /** Of the format `size`: no less than this one. */
  readonly minSize?: string;
  /** Never printed; may come from `${file:…}`. Becomes a `Secret`. */
  readonly secret?: true;
}

export interface NumberSchema extends Described {
  readonly type: 'integer' | 'number';
  readonly default?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface BooleanSchema extends Described {
  readonly type: 'boolean';
  readonly default?: boolean;
}

export interface ArraySchema extends Described {
  readonly type: 'array';
  readonly items: Schema;
  readonly minItems?: number;
  readonly default?: readonly unknown[];
}

export interface ObjectSchema extends Described {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Present when left out, with the defaults of its properties. */
  readonly default?: Readonly<Record<string, unknown>>;
}

/** Names chosen by the operator, one schema for all of them. */
export interface MapSchema extends Described {
  readonly type: 'object';
  readonly additionalProperties: Schema;
  /** What the names are made of. */
  readonly propertyNames?: { readonly pattern: string; readonly description: string };
  readonly minProperties?: number;
  readonly default?: Readonly<Record<string, unknown>>;
}

/** One of several objects, told apart by a property that each gives as a `const`. */
export interface UnionSchema extends Described {
  readonly type: 'object';
  readonly discriminator: { readonly propertyName: string };
  readonly oneOf: readonly ObjectSchema[];
}

export type Schema = StringSchema | NumberSchema | BooleanSchema | ArraySchema | ObjectSchema | MapSchema | UnionSchema;

type Known<S extends ObjectSchema> = {
  [K in keyof S['properties']]: S['properties'][K] extends { default: unknown }
    ? K
    : K extends (S['required'] extends readonly string[] ? S['required'][number] : never)
      ? K
      : never;
}[keyof S['properties']];

/** The type of options after the check: defaults in, sizes in bytes, durations in ms, secrets wrapped. */
export type Options<S> = S extends { secret: true }
  ? Secret
  : S extends { type: 'string' }
    ? TextOption<S>
    : S extends NumberSchema
      ? number
      : S extends BooleanSchema
        ? boolean
        : S extends ArraySchema
          ? readonly Options<S['items']>[]
          : S extends UnionSchema
            ? Options<S['oneOf'][number]>
            : S extends ObjectSchema
              ? ObjectOptions<S>
              : S extends MapSchema
                ? Readonly<Record<string, Options<S['additionalProperties']>>>
                : never;

type TextOption<S> = S extends { format: 'size' | 'duration' }
  ? number
  : S extends { const: infer C }
    ? C
    : S extends { enum: readonly (infer E)[] }
      ? E
      : string;

type ObjectOptions<S extends ObjectSchema> = { readonly [K in Known<S>]: Options<S['properties'][K]> } & {
  readonly [K in Exclude<keyof S['properties'], Known<S>>]?: Options<S['properties'][K]>;
};

/** Keeps the literal type of a schema. */
export const objectSchema = <const S extends ObjectSchema>(schema: S): S => schema;
