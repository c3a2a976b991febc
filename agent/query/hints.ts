import { isCommonName } from './fields.ts';

/** What to write instead of something that other query languages know. */
export interface Hint {
  readonly message: string;
  readonly help: string;
}

const QUOTE_IT = 'put it in quotes to search for it';

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['!', 'write not'],
  ['=', 'write field:value'],
  ['==', 'write field:value'],
  ['!=', 'write not field:value'],
]);

/**
 * A word (as typed) that would be searched for as it stands and find nothing, which is worse than an error for whoever
 * looks for a break-in. In quotes each of them is a text like any other.
 */
export function wordHint(raw: string): Hint | null {
  const common = valueHint(raw);
  if (common) return common;
  const rest = raw.slice(1);
  if (raw.startsWith('!')) return { message: '! is no operator here', help: `write not ${rest}, or ${QUOTE_IT}` };
  if (/^-\p{L}/u.test(raw)) return { message: `${raw} excludes nothing`, help: `write not ${rest}, or ${QUOTE_IT}` };
  const [, name, negated, value] = /^([\w.@]+)(!?)==?(.*)$/s.exec(raw) ?? [];
  if (name === undefined || !isCommonName(name)) return null;
  const written = `${negated === '' ? '' : 'not '}${name}:${value || 'value'}`;
  return { message: `a field is asked with a colon, not with =`, help: `write ${written}, or ${QUOTE_IT}` };
}

/** The same for the name of a field. */
export function nameHint(raw: string): Hint | null {
  const sign = /^[-!]/.exec(raw)?.[0];
  return sign === undefined
    ? null
    : { message: `${sign} is no operator here`, help: `write not ${raw.slice(1)}:value` };
}

/** The same for a field's value, where less can be meant. */
export function valueHint(raw: string): Hint | null {
  const operator = OPERATORS.get(raw);
  if (operator !== undefined) return { message: `${raw} is no operator here`, help: `${operator}, or ${QUOTE_IT}` };
  if (!/^[‘’“”„']/.test(raw)) return null;
  return { message: `texts are quoted with "`, help: 'or put a backslash before this mark if it is part of the text' };
}
