import { nearest } from '../../config/nearest.ts';
import { parseSize } from '../../config/units.ts';
import type { SeverityCondition, TextTest, TimeCondition } from './condition.ts';
import { STATUS_WORDS } from './conditions.ts';
import { compareTest, networkTest } from './ip-test.ts';
import type { Operator, Value } from './syntax.ts';
import { wholeText } from './text-test.ts';
import type { NoTime, Stretch } from './time-value.ts';

/** Why a field cannot be asked for a value. */
export interface Misfit {
  readonly kind: 'misfit';
  readonly message: string;
  readonly help: string;
}

export type ReadTime = (text: string) => Stretch | NoTime;

const misfit = (message: string, help: string): Misfit => ({ kind: 'misfit', message, help });

/** How a value is named in an error. */
const shown = (value: Value): string => {
  const text = value.kind === 'glob' ? value.parts.join('*') : value.text;
  return text.length > 40 ? `${text.slice(0, 40)}…` : text === '' ? 'an empty text' : text;
};

/** `time:2026-03-01` is that whole day. */
export function timeIs(value: Value, readTime: ReadTime): TimeCondition | Misfit {
  if (value.kind === 'glob')
    return misfit('a time takes no *', 'a day is 2026-03-01, a month 2026-03, an hour a range');
  const time = readTime(value.text);
  if (time.kind === 'none') return misfit(time.message, time.help);
  if (time.isMoment) return misfit(`${value.text} is a moment`, `write time >= ${value.text}`);
  return { kind: 'time', from: time.from, to: time.to };
}

/** Behind a day is behind its end, and up to a day takes the day in. */
export function timeCompare(text: string, operator: Operator, readTime: ReadTime): TimeCondition | Misfit {
  const time = readTime(text);
  if (time.kind === 'none') return misfit(time.message, time.help);
  const edge = operator === '>=' || operator === '<' ? time.from : time.to;
  return operator.startsWith('>')
    ? { kind: 'time', from: edge, to: Infinity }
    : { kind: 'time', from: -Infinity, to: edge };
}

/** RFC 5424, table 2. */
const SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug'];

export function severityIs(value: Value): SeverityCondition | Misfit {
  const level = severityOf(value);
  return level === null ? noSeverity(value) : { kind: 'severity', from: level, to: level };
}

export function severityCompare(value: Value, operator: Operator): SeverityCondition | Misfit {
  const level = severityOf(value);
  if (level === null) return noSeverity(value);
  const edge = operator === '<' ? level - 1 : operator === '>' ? level + 1 : level;
  return operator.startsWith('>')
    ? { kind: 'severity', from: edge, to: Infinity }
    : { kind: 'severity', from: -Infinity, to: edge };
}

function severityOf(value: Value): number | null {
  if (value.kind === 'glob') return null;
  const level = /^[0-7]$/.test(value.text) ? Number(value.text) : SEVERITIES.indexOf(value.text.toLowerCase());
  return level < 0 ? null : level;
}

const noSeverity = (value: Value): Misfit =>
  misfit(`${shown(value)} is no severity`, `0 to 7, or ${SEVERITIES.join(', ')}: the lower the number, the worse`);

/** An address, a network, or a text with wildcards. */
export function addressIs(value: Value): TextTest | Misfit {
  return (value.kind === 'glob' ? wholeText(value) : networkTest(value.text)) ?? noAddress(value);
}

export const addressCompare = (value: Value, operator: Operator): TextTest | Misfit =>
  (value.kind === 'glob' ? null : compareTest(value.text, operator)) ?? noAddress(value);

const noAddress = (value: Value): Misfit =>
  misfit(`${shown(value)} is no address`, 'write 10.0.0.1, 10.0.0.0/8, 10.0.*, 2001:db8::1 or 2001:db8::/32');

/** A number, or a size such as 10MiB. */
export function numberIn(value: Value): number | Misfit {
  const text = value.kind === 'glob' ? '' : value.text;
  const number = /^-?\d{1,15}(?:\.\d{1,6})?$/.test(text) ? Number(text) : parseSize(text);
  return number ?? misfit(`${shown(value)} is no number`, 'write a number such as 200, or a size such as 10MiB');
}

export function outcomeIs(value: Value): TextTest | Misfit {
  const known = Object.keys(STATUS_WORDS);
  const fits = value.kind === 'glob' || known.includes(value.text.toLowerCase());
  return fits ? wholeText(value) : noWord(value, 'outcome', known);
}

export const noStatus = (value: Value): Misfit => noWord(value, 'status', Object.values(STATUS_WORDS).flat());

function noWord(value: Value, what: string, words: readonly string[]): Misfit {
  const meant = value.kind === 'literal' && value.text.length <= 40 ? nearest(value.text, words) : null;
  return misfit(
    `${shown(value)} is no ${what}`,
    meant === null ? `write ${words.join(', ')}` : `did you mean ${meant}?`,
  );
}
