import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatQueryErrors } from '../../../agent/query/errors.ts';
import { parse } from '../../../agent/query/parse.ts';
import { print } from '../../../agent/query/print.ts';
import { readQuery } from '../../../agent/query/read.ts';
import { QUERY_LENGTH_MAX, type Query } from '../../../agent/query/syntax.ts';
import { anyQueries, fittingQueries, hostileQueryTexts, surroundings } from '../../support/queries.ts';

const withoutPlaces = (query: Query): unknown =>
  JSON.parse(JSON.stringify(query, (key, value: unknown) => (key === 'place' ? undefined : value)));

test('a query that is printed and read again is the same query', () => {
  fc.assert(
    fc.property(anyQueries, (query) => {
      const text = print(query);
      fc.pre(text.length <= QUERY_LENGTH_MAX);
      const { query: again, errors } = parse(text);
      expect(errors).toEqual([]);
      expect(withoutPlaces(again)).toEqual(withoutPlaces(query));
    }),
    { numRuns: 500 },
  );
});

test('any text is a query that prints to the same query, or has errors at places in it', () => {
  fc.assert(
    fc.property(hostileQueryTexts, (text) => {
      const { query, errors } = parse(text);
      for (const { place } of errors) {
        expect(place.start).toBeGreaterThanOrEqual(0);
        expect(place.end).toBeGreaterThanOrEqual(place.start);
        expect(place.end).toBeLessThanOrEqual(text.length);
      }
      expect(formatQueryErrors(text, errors)).toEqual(expect.any(String));
      if (errors.length === 0) expect(withoutPlaces(parse(print(query)).query)).toEqual(withoutPlaces(query));
      const read = readQuery(text, surroundings);
      if (read.kind === 'errors') {
        const starts = read.errors.map(({ place }) => place.start);
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
      } else expect(errors).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test('queries whose fields and values fit compile', () => {
  fc.assert(
    fc.property(fittingQueries, (query) => {
      expect(readQuery(print(query), surroundings)).toMatchObject({ kind: 'query' });
    }),
  );
});

test.each([
  ['area:security AND NOT (status:failed Or ip:10.0.0.0/8)', 'area:security and not (status:failed or ip:10.0.0.0/8)'],
  ['a   b\n"c d"', 'a and b and "c d"'],
  ['(a and b) and c', '(a and b) and c'],
  ['((a or b)) and c', '(a or b) and c'],
  ['user : "jane"', 'user:jane'],
  ['user:(not jane* and root)', 'user:(not jane* and root)'],
  ['time>=2026-03-01T10:00', 'time >= 2026-03-01T10:00'],
  ['ip:2001:db8::/32', 'ip:2001:db8::/32'],
  ['"and"', '"and"'],
  ['user:CORP\\jane', 'user:"CORP\\\\jane"'],
  ['a\\*b', '"a*b"'],
  ['two\\ words*', 'two\\ words*'],
])('%s is printed as %s', (text, printed) => {
  expect(print(parse(text).query)).toBe(printed);
});
