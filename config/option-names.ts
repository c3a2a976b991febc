import { nearest } from './nearest.ts';
import type { Schema } from './schema.ts';

/** The options of a schema by name, wherever in it they are. */
export interface OptionNames {
  readonly all: ReadonlySet<string>;
  readonly secret: ReadonlySet<string>;
}

export function optionNames(schema: Schema): OptionNames {
  const all = new Set<string>();
  const secret = new Set<string>();
  const walk = (at: Schema, name: string): void => {
    if (at.type === 'array') walk(at.items, name);
    else if (at.type === 'string' && at.secret) secret.add(name);
    if (at.type !== 'object') return;
    if ('oneOf' in at) at.oneOf.forEach((variant) => walk(variant, name));
    else if ('additionalProperties' in at) walk(at.additionalProperties, name);
    else {
      for (const [inner, innerSchema] of Object.entries(at.properties)) {
        all.add(inner);
        walk(innerSchema, inner);
      }
    }
  };
  walk(schema, '');
  return { all, secret };
}

/**
 * Whether what stands under a name may be printed: not under a secret one, nor under one that may be meant for it. A name
 * that is like no option at all may be anything; only the parts below it can be looked at.
 */
export function mayBePrinted(name: string, isText: boolean, { all, secret }: OptionNames): boolean {
  if (all.has(name)) return !secret.has(name);
  const meant = nearest(name, [...all]);
  return meant === null ? !isText : !secret.has(meant);
}
