import type { Condition, TimeCondition } from './condition.ts';

const ALL: Condition = { kind: 'all' };
const NONE: Condition = { kind: 'none' };

/** All of them; what is known beforehand is left out, and ranges of time become one. */
export function allOf(conditions: readonly Condition[]): Condition {
  const flat = flatten('and', conditions).filter(({ kind }) => kind !== 'all');
  const times = flat.filter((part) => part.kind === 'time');
  const others = flat.filter((part) => part.kind !== 'time');
  const time = times.length === 0 ? [] : [overlap(times)];
  return joined('and', [...time, ...others], ALL, NONE);
}

/** Any of them. */
export const anyOf = (conditions: readonly Condition[]): Condition =>
  joined(
    'or',
    flatten('or', conditions).filter(({ kind }) => kind !== 'none'),
    NONE,
    ALL,
  );

export function negated(part: Condition): Condition {
  if (part.kind === 'all') return NONE;
  if (part.kind === 'none') return ALL;
  return part.kind === 'not' ? part.part : { kind: 'not', part };
}

function joined(kind: 'and' | 'or', parts: readonly Condition[], empty: Condition, decides: Condition): Condition {
  if (parts.some((part) => part.kind === decides.kind)) return decides;
  return parts.length <= 1 ? (parts[0] ?? empty) : { kind, parts };
}

const flatten = (kind: 'and' | 'or', conditions: readonly Condition[]): readonly Condition[] =>
  conditions.flatMap((part) => (part.kind === kind ? part.parts : [part]));

function overlap(times: readonly TimeCondition[]): Condition {
  const from = Math.max(...times.map((time) => time.from));
  const to = Math.min(...times.map((time) => time.to));
  return from < to ? { kind: 'time', from, to } : NONE;
}
