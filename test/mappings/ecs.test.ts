import { expect, test } from '@jest/globals';
import { ecsProblems } from '../../mappings/ecs.ts';

const event = { module: 'mine', kind: 'event', category: ['iam'], type: ['user', 'creation'] };

test('a document of known fields of the right types has no problem', () => {
  const mine = { audit: { extra: { location: 'x', ip: 'y' }, name: 'z' } };
  expect(ecsProblems({ event, '@timestamp': '2026-01-01T00:00:00.000Z', mine, keepit: { a: 'b' }, tags: [] })).toEqual(
    [],
  );
});

test.each([
  ['an unknown field', { usr: 'x' }, 'usr: not a field of ECS 9.4.0'],
  ['an unknown field within a known object', { user: { nick: 'x' } }, 'user.nick: not a field of ECS 9.4.0'],
  ['a list where there is one value', { user: { name: ['x'] } }, 'user.name: must not be a list'],
  ['one value where there is a list', { tags: 'x' }, 'tags: must be a list'],
  ['a long keyword', { user: { name: 'x'.repeat(1_025) } }, `user.name: "${'x'.repeat(1_025)}" is not of type keyword`],
  ['a text for a number', { event: { ...event, severity: '5' } }, 'event.severity: "5" is not of type long'],
  ['a text for an address', { source: { ip: 'here' } }, 'source.ip: "here" is not of type ip'],
  ['another form of time', { '@timestamp': '2026-01-01' }, '@timestamp: "2026-01-01" is not of type date'],
  ['a value that is not allowed', { event: { ...event, outcome: 'ok' } }, 'event.outcome: ok is not an allowed value'],
  [
    'a category and a type that do not go together',
    { event: { ...event, category: ['file'], type: ['start'] } },
    'event.type: start is not expected in category file',
  ],
  [
    'a name that means another type',
    { mine: { geo: { location: 'x' } } },
    'mine.geo.location: destinations guess another type from this name',
  ],
  [
    'a name that means an address',
    { mine: { client_ip: 'x' } },
    'mine.client_ip: destinations guess another type from this name',
  ],
  ['a number in a field of the module', { mine: { size: 1 } }, 'mine.size: must be a text of at most 1,024 characters'],
  ['an object in a flattened field', { mine: { extra: { a: {} } } }, 'mine.extra: "a" must be a named text'],
])('%s is a problem', (_, more, problem) => {
  expect(ecsProblems({ event, ...more })).toEqual([problem]);
});
