import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compile } from '../../../agent/query/compile.ts';
import type { Condition } from '../../../agent/query/condition.ts';
import { evaluate } from '../../../agent/query/evaluate.ts';
import { headFilter } from '../../../agent/query/head-filter.ts';
import { readQuery } from '../../../agent/query/read.ts';
import { slowFields } from '../../../agent/query/slow-fields.ts';
import type { Query, Term, Tree } from '../../../agent/query/syntax.ts';
import { parseHead, serializeHead, type Events, type Head } from '../../../mappings/events.ts';
import { HEAD_MESSAGE_MAX } from '../../../mappings/normalize.ts';
import { count, slice, slicesOf } from '../../../mappings/slices.ts';
import { fittingQueries, hostileEvents, surroundings } from '../../support/queries.ts';

const conditionOf = (query: Query): Condition => compile(query, surroundings).condition;

const eachEvent = (events: Events): { head: Head; document: unknown }[] =>
  Array.from({ length: count(events.heads) }, (_, i) => ({
    head: parseHead(slice(events.heads, i)),
    document: JSON.parse(Buffer.from(slice(events.documents, i)).toString()) as unknown,
  }));

test('a lane over heads passes what passes when evaluated plainly', () => {
  fc.assert(
    fc.property(fittingQueries, hostileEvents, (query, events) => {
      const condition = conditionOf(query);
      const filter = headFilter(condition);
      eachEvent(events).forEach(({ head, document }, i) => {
        expect(filter(events, i)).toBe(evaluate(condition, head, document));
      });
    }),
    { numRuns: 500 },
  );
});

/** What a query means by what its parts mean, each compiled alone. */
function meaning(tree: Tree<Term>, head: Head, document: unknown): boolean {
  if (tree.kind === 'and') return tree.parts.every((part) => meaning(part, head, document));
  if (tree.kind === 'or') return tree.parts.some((part) => meaning(part, head, document));
  if (tree.kind === 'not') return !meaning(tree.part, head, document);
  if (tree.kind === 'is' && 'parts' in tree.values && tree.values.kind !== 'glob') {
    const each = tree.values.parts.map((values) => meaning({ ...tree, values }, head, document));
    return tree.values.kind === 'and' ? each.every(Boolean) : each.some(Boolean);
  }
  if (tree.kind === 'is' && tree.values.kind === 'not')
    return !meaning({ ...tree, values: tree.values.part }, head, document);
  return evaluate(conditionOf(tree), head, document);
}

test('and, or and not mean what they say, however a query was simplified', () => {
  fc.assert(
    fc.property(fittingQueries, hostileEvents, (query, events) => {
      const condition = conditionOf(query);
      for (const { head, document } of eachEvent(events)) {
        expect(evaluate(condition, head, document)).toBe(meaning(query, head, document));
      }
    }),
    { numRuns: 500 },
  );
});

const head: Head = {
  id: '0123456789abcdef0123456789abcdef',
  time: '2026-03-05T11:00:00.000Z',
  dataset: 'keepit.audit',
  source: 'exported',
  user: 'jane@example.com',
  area: 'security',
  message: 'User created',
  outcome: 'success',
  ip: '10.1.2.3',
  action: 'user-create',
  code: '1041',
  severity: 5,
  target: null,
  connector: null,
  organization: null,
};
const blockOf = (head: string, document: string): Events => {
  const [heads, documents] = [head, document].map((text) => slicesOf([Buffer.from(text)]));
  return { heads: heads!, documents: documents!, records: documents! };
};
const conditionOfText = (text: string): Condition => {
  const read = readQuery(text, surroundings);
  if (read.kind === 'errors') throw new Error(read.errors[0]!.message);
  return read.condition;
};

test.each([
  ['user:root and tags:x', false],
  ['user:jane@example.com or tags:x', true],
  ['tags:x and area:user', false],
  ['not (tags:x and area:user)', true],
  ['created', true],
])('%s is decided by the head alone: no document is read', (text, passes) => {
  const filter = headFilter(conditionOfText(text));
  // Where the document was read, this one would make the event pass, or throw.
  expect(filter(blockOf(serializeHead(head), '{"tags":["x"]'), 0)).toBe(passes);
});

test('an event that cannot be read passes, so that the destination says what is wrong with it', () => {
  expect(headFilter(conditionOfText('tags:x'))(blockOf(serializeHead(head), '{"tags":'), 0)).toBe(true);
  expect(headFilter(conditionOfText('user:root'))(blockOf('[1,', '{}'), 0)).toBe(true);
});

test('a message that is longer than its head is searched whole', () => {
  const whole = `${'-'.repeat(HEAD_MESSAGE_MAX)} needle`;
  const cut = { ...head, message: whole.slice(0, HEAD_MESSAGE_MAX) };
  const block = blockOf(serializeHead(cut), JSON.stringify({ message: whole }));
  const pass = (text: string): boolean => headFilter(conditionOfText(text))(block, 0);
  expect(['needle', 'message:NEEDLE', 'event:"- needle"', 'message:-*needle'].map(pass)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['nothing', 'not needle', 'not message:needle'].map(pass)).toEqual([false, false, false]);
});

test('a search says which of its fields no column holds', () => {
  expect(slowFields(conditionOfText('user:jane and (user.email:jane or not tags:x) and tags:y and needle'))).toEqual([
    'user.email',
    'tags',
  ]);
});
