import type { Condition, TextTest } from './condition.ts';
import { eventCondition, isStar, messageCondition, statusCondition, text } from './conditions.ts';
import { documentNumber, documentText, documentTime } from './document-test.ts';
import type { Field } from './fields.ts';
import type { Names } from './names.ts';
import type { Operator, Value } from './syntax.ts';
import { anyText, partOfText, wholeText } from './text-test.ts';
import {
  addressCompare,
  addressIs,
  noStatus,
  numberIn,
  outcomeIs,
  severityCompare,
  severityIs,
  timeCompare,
  timeIs,
  type Misfit,
  type ReadTime,
} from './values.ts';

export interface AskParts {
  readonly names: Names;
  readonly readTime: ReadTime;
}

type ColumnField = Extract<Field, { kind: 'column' }>;
type DocumentField = Extract<Field, { kind: 'document' }>;

/** `field:value`. */
export function askIs(field: Field, value: Value, { names, readTime }: AskParts): Condition | Misfit {
  switch (field.kind) {
    case 'event':
      return eventCondition(value, names);
    case 'message':
      return messageCondition(value);
    case 'status':
      return statusCondition(value) ?? noStatus(value);
    case 'time':
      return isStar(value) ? { kind: 'all' } : timeIs(value, readTime);
    case 'severity':
      return isStar(value) ? { kind: 'all' } : severityIs(value);
    case 'column':
      return onText(field, textTest(field.type, value));
    case 'document':
      return isStar(value) ? documentText(field.path, anyText) : documentIs(field, value, readTime);
  }
}

function documentIs(field: DocumentField, value: Value, readTime: ReadTime): Condition | Misfit {
  const { path, type } = field;
  switch (type) {
    case 'keyword':
    case 'phrase':
    case 'ip':
      return onText(field, textTest(type, value));
    case 'number': {
      const number = numberIn(value);
      return typeof number === 'number' ? documentNumber(path, (found) => found === number) : number;
    }
    case 'time': {
      const time = timeIs(value, readTime);
      return time.kind === 'time' ? documentTime(path, time.from, time.to) : time;
    }
  }
}

function textTest(type: 'keyword' | 'phrase' | 'ip' | 'outcome', value: Value): TextTest | Misfit {
  switch (type) {
    case 'keyword':
      return wholeText(value);
    case 'phrase':
      return partOfText(value);
    case 'ip':
      return addressIs(value);
    case 'outcome':
      return outcomeIs(value);
  }
}

function onText(field: ColumnField | DocumentField, test: TextTest | Misfit): Condition | Misfit {
  if (!('passes' in test)) return test;
  return field.kind === 'column' ? text([field.column], test) : documentText(field.path, test);
}

/** `field >= value`. */
export function askCompare(field: Field, operator: Operator, value: Value, { readTime }: AskParts): Condition | Misfit {
  if (value.kind === 'glob') {
    const help = 'put the value in quotes if the star is part of it';
    return { kind: 'misfit', message: `${operator} takes no *`, help };
  }
  if (field.kind === 'time') return timeCompare(value.text, operator, readTime);
  if (field.kind === 'severity') return severityCompare(value, operator);
  if (field.kind !== 'column' && field.kind !== 'document') return incomparable(operator);
  if (field.type === 'ip') return onText(field, addressCompare(value, operator));
  if (field.type === 'time') {
    const time = timeCompare(value.text, operator, readTime);
    return time.kind === 'time' ? documentTime(field.path, time.from, time.to) : time;
  }
  if (field.type !== 'number') return incomparable(operator);
  const number = numberIn(value);
  return typeof number === 'number' ? documentNumber(field.path, (found) => COMPARE[operator](found, number)) : number;
}

const COMPARE: Readonly<Record<Operator, (found: number, number: number) => boolean>> = {
  '<': (found, number) => found < number,
  '<=': (found, number) => found <= number,
  '>': (found, number) => found > number,
  '>=': (found, number) => found >= number,
};

const incomparable = (operator: Operator): Misfit => ({
  kind: 'misfit',
  message: `texts cannot be compared with ${operator}`,
  help: 'times, severity, addresses and numbers can; for texts write field:value or field:begin*',
});
