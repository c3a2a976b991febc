import { HEAD_MESSAGE_MAX } from '../../mappings/normalize.ts';
import { fold, type Condition, type TextColumn, type TextTest } from './condition.ts';
import { documentText } from './document-test.ts';
import { networkTest } from './ip-test.ts';
import type { Names } from './names.ts';
import { allOf, anyOf, negated } from './simplify.ts';
import type { Value } from './syntax.ts';
import { anyText, atLeast, oneOf, partOfText, wholeText } from './text-test.ts';

export const text = (columns: readonly TextColumn[], test: TextTest): Condition => ({ kind: 'text', columns, test });

/** Whether a value is nothing but stars. */
export const isStar = (value: Value): boolean => value.kind === 'glob' && value.parts.every((part) => part === '');

/**
 * What a bare word is looked for in: what the event says of itself. Not the id, whose digits would match short words by
 * chance; not source and dataset, which are our own labels on every event: the word would tell nothing.
 */
const SPOKEN: readonly TextColumn[] = [
  'user', 'area', 'message', 'ip', 'action', 'code', 'target', 'connector', 'organization',
]; // prettier-ignore

export function wordCondition(value: Value, names: Names): Condition {
  if (isStar(value)) return { kind: 'all' };
  const test = partOfText(value);
  const literal = value.kind === 'literal' ? value.text : '';
  const network = literal.includes('/') ? networkTest(literal) : null;
  const outcomes = outcomesOf(test);
  return anyOf([
    text(SPOKEN, test),
    outcomes.length === 0 ? { kind: 'none' } : text(['outcome'], oneOf(new Set(outcomes))),
    ...namedEvents(test, names),
    EVENT_ID.test(literal) ? text(['id'], wholeText(value)) : { kind: 'none' },
    network ? text(['ip'], network) : { kind: 'none' },
    longMessage(test),
  ]);
}

/** Whoever has a whole id wants that event. */
const EVENT_ID = /^[0-9a-f]{32}$/i;

export function messageCondition(value: Value): Condition {
  if (isStar(value)) return text(['message'], anyText);
  const test = partOfText(value);
  return anyOf([text(['message'], test), longMessage(test)]);
}

export function eventCondition(value: Value, names: Names): Condition {
  if (isStar(value)) return text(['message', 'action'], anyText);
  const test = partOfText(value);
  return anyOf([text(['message', 'action'], test), ...namedEvents(test, names), longMessage(test)]);
}

/** A head's message may be the beginning of a longer one; folding never makes a text shorter. */
const longMessage = (test: TextTest): Condition =>
  allOf([text(['message'], atLeast(HEAD_MESSAGE_MAX)), { ...documentText(['message'], test), rare: true }]);

/** Events whose name in the catalogue passes. */
const namedEvents = (test: TextTest, { catalogues }: Names): readonly Condition[] =>
  catalogues.flatMap(({ dataset, events }) => {
    const codes = [...events].filter(([, name]) => test.passes(name)).map(([code]) => code);
    const equals = fold(dataset);
    const isOfDataset: TextTest = { equals, passes: (folded) => folded === equals };
    return codes.length === 0 ? [] : [allOf([text(['dataset'], isOfDataset), text(['code'], oneOf(new Set(codes)))])];
  });

/** What the page calls each outcome, and what ECS does. */
export const STATUS_WORDS = { success: ['succeeded', 'success'], failure: ['failed', 'failure'], unknown: ['unknown'] };

/** The outcomes of which one of the words passes. */
const outcomesOf = ({ passes }: TextTest): readonly string[] =>
  Object.entries(STATUS_WORDS)
    .filter(([, words]) => words.some(passes))
    .map(([outcome]) => outcome);

/** A status is unknown where the event says so or says nothing. Null where no status is called that. */
export function statusCondition(value: Value): Condition | null {
  const outcomes = outcomesOf(wholeText(value));
  if (outcomes.length === 0) return null;
  const unknown = negated(text(['outcome'], oneOf(new Set(['success', 'failure']))));
  const known = outcomes.filter((outcome) => outcome !== 'unknown');
  if (outcomes.length === 3) return { kind: 'all' };
  return anyOf([
    ...known.map((equals) => text(['outcome'], { equals, passes: (folded) => folded === equals })),
    ...(known.length < outcomes.length ? [unknown] : []),
  ]);
}
