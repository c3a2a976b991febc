import { describe, expect, test } from '@jest/globals';
import { formatQueryErrors } from '../../../agent/query/errors.ts';
import { parse } from '../../../agent/query/parse.ts';
import { readQuery } from '../../../agent/query/read.ts';
import {
  NESTING_MAX,
  QUERY_LENGTH_MAX,
  TERMS_MAX,
  type Query,
  type Term,
  type Tree,
  type Value,
} from '../../../agent/query/syntax.ts';
import { surroundings } from '../../support/queries.ts';

/** A query's tree on one line. */
function shape(tree: Query | Tree<Term | Value>): string {
  switch (tree.kind) {
    case 'all':
      return 'all';
    case 'and':
    case 'or':
      return `${tree.kind}[${tree.parts.map(shape).join(', ')}]`;
    case 'not':
      return `not ${shape(tree.part)}`;
    case 'word':
      return shape(tree.value);
    case 'is':
      return `${tree.field.name}:${shape(tree.values)}`;
    case 'compare':
      return `${tree.field.name}${tree.operator}${shape(tree.value)}`;
    case 'literal':
      return `<${tree.text}>`;
    case 'glob':
      return `<${tree.parts.join('><')}>`;
  }
}

test.each([
  ['', 'all'],
  [' \n ', 'all'],
  ['a', '<a>'],
  ['a b c', 'and[<a>, <b>, <c>]'],
  ['a and b AND c', 'and[<a>, <b>, <c>]'],
  ['a b or c', 'or[and[<a>, <b>], <c>]'],
  ['a or b and c or d', 'or[<a>, and[<b>, <c>], <d>]'],
  ['not a b', 'and[not <a>, <b>]'],
  ['a not b', 'and[<a>, not <b>]'],
  ['not not a', 'not not <a>'],
  ['NOT (a or b)', 'not or[<a>, <b>]'],
  ['(a or b) c', 'and[or[<a>, <b>], <c>]'],
  ['((a))', '<a>'],
  ['android nothing order', 'and[<android>, <nothing>, <order>]'],
  ['"and" "not"', 'and[<and>, <not>]'],
  ['"two words"', '<two words>'],
  ['"a \\"quote\\" and \\\\ and \\n"', '<a "quote" and \\ and \\n>'],
  ['""', '<>'],
  ['two\\ words', '<two words>'],
  ['CORP\\jane \\\\server', 'and[<CORP\\jane>, <\\server>]'],
  ['a\\"b\\(c\\)\\:d\\<', '<a"b(c):d<>'],
  ['*', '<><>'],
  ['a*b*', '<a><b><>'],
  ['a\\*b', '<a*b>'],
  ['"a*b"', '<a*b>'],
  ['what?', '<what?>'],
  ['user:jane', 'user:<jane>'],
  ['user :\n jane x', 'and[user:<jane>, <x>]'],
  ['user:"jane doe"', 'user:<jane doe>'],
  ['user:(a or b or not c*)', 'user:or[<a>, <b>, not <c><>]'],
  ['user:(jane)', 'user:<jane>'],
  ['user:not\\ me', 'user:<not me>'],
  ['time:2026-03-01T10:00+01:00', 'time:<2026-03-01T10:00+01:00>'],
  ['ip:(2001:db8::/32 or ::1)', 'ip:or[<2001:db8::/32>, <::1>]'],
  ['time >= -36h', 'time>=<-36h>'],
  ['time>=now-1h time<now', 'and[time>=<now-1h>, time<<now>]'],
  ['file.size > 10', 'file.size><10>'],
  ['user:-x', 'user:<-x>'],
  ['"user=x" "-x" "!x"', 'and[<user=x>, <-x>, <!x>]'],
  ['a=b 5', 'and[<a=b>, <5>]'],
])('%j is read as %s', (text, expected) => {
  const { query, errors } = parse(text);
  expect(errors).toEqual([]);
  expect(shape(query)).toBe(expected);
});

test('each part knows its place', () => {
  const text = 'a and user : (b or "c d")';
  const { query } = parse(text);
  const placed = (kind: string, place: { start: number; end: number }): string =>
    `${kind} ${text.slice(place.start, place.end)}`;
  const found: string[] = [];
  JSON.stringify(
    query,
    (_key, value: { kind?: string; name?: string; place?: { start: number; end: number } } | string) => {
      if (typeof value === 'object' && value.place) found.push(placed(value.kind ?? 'field', value.place));
      return value;
    },
  );
  expect(found).toEqual([
    'and a and user : (b or "c d")',
    'word a',
    'literal a',
    'is user : (b or "c d")',
    'field user',
    'or b or "c d"',
    'literal b',
    'literal "c d"',
  ]);
});

/** All that is said about a query, as a person sees it. */
function said(text: string): string {
  const read = readQuery(text, surroundings);
  return read.kind === 'errors' ? formatQueryErrors(text, read.errors) : '';
}

describe('an error says what was found, shows where, and says what would fit', () => {
  test.each([
    ['usr:jane', 'there is no field usr', '  usr:jane', '  ^^^', '  did you mean user?'],
    [
      'email:jane',
      'there is no field email',
      '  email:jane',
      '  ^^^^^',
      '  did you mean user.email, user.target.email, user.changes.email?',
    ],
    [
      'user.target:x',
      'there is no field user.target',
      '  user.target:x',
      '  ^^^^^^^^^^^',
      '  did you mean user.target.id, user.target.name, user.target.email?',
    ],
    [
      'keepit.connector.nam:x',
      'there is no field keepit.connector.nam',
      '  keepit.connector.nam:x',
      '  ^^^^^^^^^^^^^^^^^^^^',
      '  did you mean keepit.connector.name?',
    ],
    [
      'https://example.com',
      'there is no field https',
      '  https://example.com',
      '  ^^^^^',
      '  a text with a colon stands in quotes; short names of fields: time, user, area, event, status, ip, action, code, outcome, target, connector, organization, severity, message, source, dataset, id',
    ],
    [
      'event.sequence:7',
      'event.sequence is added when an event is delivered, and cannot be searched',
      '  event.sequence:7',
      '  ^^^^^^^^^^^^^^',
      '  ask for what the event itself says, such as time, id or dataset',
    ],
    ['us*:x', 'the name of a field takes no *', '  us*:x', '  ^^^', '  name each field, joined by or'],
    ['"user":jane', ': behind a value', '  "user":jane', '        ^', '  the name of a field takes no quotes'],
    ['a and', 'a query is missing at the end', '  a and', '       ^'],
    ['or a', 'a query is missing before or', '  or a', '  ^^', '  "or" in quotes is the text itself'],
    ['a and or b', 'a query is missing before or', '  a and or b', '        ^^', '  "or" in quotes is the text itself'],
    ['()', 'a query is missing before )', '  ()', '   ^'],
    ['user:', 'a value is missing at the end', '  user:', '       ^'],
    [
      'user:)',
      'a value is missing before )',
      '  user:)',
      '       ^',
      '',
      'a ) without its (',
      '  user:)',
      '       ^',
      '  put it in quotes if it is part of a text',
    ],
    ['user:()', 'a value is missing before )', '  user:()', '        ^'],
    [
      'user:not jane',
      'a value is missing before not',
      '  user:not jane',
      '       ^^^',
      '  not stands before the field, or inside ( )',
    ],
    [
      'user:and',
      'a value is missing before and',
      '  user:and',
      '       ^^^',
      '  "and" in quotes is the text itself',
      '',
      'a query is missing at the end',
      '  user:and',
      '          ^',
    ],
    [
      'user:(a b)',
      '"and" or "or" is missing between two values',
      '  user:(a b)',
      '          ^',
      '  put both in quotes if they are one text',
    ],
    ['(a or b', 'a ( without its )', '  (a or b', '  ^'],
    ['a)', 'a ) without its (', '  a)', '   ^', '  put it in quotes if it is part of a text'],
    ['"open', 'the quoted text does not end', '  "open', '  ^', '  close it with "; inside it, \\" is one'],
    ['a"b"', 'a space is missing before "', '  a"b"', '   ^', '  put all of it in quotes if it is one text'],
    ['"a"b', 'a space is missing before b', '  "a"b', '     ^', '  put all of it in quotes if it is one text'],
    ['user:a<b', '< behind a value', '  user:a<b', '        ^', '  put a value with < in quotes'],
    [': x', 'a field is missing before :', '  : x', '  ^'],
    ['> 5', 'a field is missing before >', '  > 5', '  ^'],
    ['time >', 'a value is missing at the end', '  time >', '        ^'],
    [
      'time >= (today or now)',
      '>= takes one value',
      '  time >= (today or now)',
      '          ^',
      '  write one comparison each',
    ],
    ['time:>=2026-03-01', ': and >= together', '  time:>=2026-03-01', '      ^^^', '  write time >= value'],
    ['time:-36h', '-36h is a moment', '  time:-36h', '       ^^^^', '  write time >= -36h'],
    [
      'time:soon',
      'soon is no time',
      '  time:soon',
      '       ^^^^',
      '  write a time such as 2026-03, 2026-03-01, 2026-03-01T10:00, -36h, -7d, now, today or yesterday',
    ],
    [
      'time:2026-03-*',
      'a time takes no *',
      '  time:2026-03-*',
      '       ^^^^^^^^^',
      '  a day is 2026-03-01, a month 2026-03, an hour a range',
    ],
    [
      'severity:bad',
      'bad is no severity',
      '  severity:bad',
      '           ^^^',
      '  0 to 7, or emergency, alert, critical, error, warning, notice, informational, debug: the lower the number, the worse',
    ],
    [
      'severity:4*',
      '4* is no severity',
      '  severity:4*',
      '           ^^',
      '  0 to 7, or emergency, alert, critical, error, warning, notice, informational, debug: the lower the number, the worse',
    ],
    [
      'ip:10.0.0',
      '10.0.0 is no address',
      '  ip:10.0.0',
      '     ^^^^^^',
      '  write 10.0.0.1, 10.0.0.0/8, 10.0.*, 2001:db8::1 or 2001:db8::/32',
    ],
    [
      'ip:10.0.0.0/33',
      '10.0.0.0/33 is no address',
      '  ip:10.0.0.0/33',
      '     ^^^^^^^^^^^',
      '  write 10.0.0.1, 10.0.0.0/8, 10.0.*, 2001:db8::1 or 2001:db8::/32',
    ],
    ['status:sucess', 'sucess is no status', '  status:sucess', '         ^^^^^^', '  did you mean success?'],
    [
      'status:ok*',
      'ok* is no status',
      '  status:ok*',
      '         ^^^',
      '  write succeeded, success, failed, failure, unknown',
    ],
    [
      'outcome:failed',
      'failed is no outcome',
      '  outcome:failed',
      '          ^^^^^^',
      '  write success, failure, unknown',
    ],
    [
      'user >= a',
      'texts cannot be compared with >=',
      '  user >= a',
      '          ^',
      '  times, severity, addresses and numbers can; for texts write field:value or field:begin*',
    ],
    [
      'message < b',
      'texts cannot be compared with <',
      '  message < b',
      '            ^',
      '  times, severity, addresses and numbers can; for texts write field:value or field:begin*',
    ],
    ['user > a*', '> takes no *', '  user > a*', '         ^^', '  put the value in quotes if the star is part of it'],
    [
      'file.size:big',
      'big is no number',
      '  file.size:big',
      '            ^^^',
      '  write a number such as 200, or a size such as 10MiB',
    ],
    [
      'user=jane',
      'a field is asked with a colon, not with =',
      '  user=jane',
      '  ^^^^^^^^^',
      '  write user:jane, or put it in quotes to search for it',
    ],
    [
      'user!=jane',
      'a field is asked with a colon, not with =',
      '  user!=jane',
      '  ^^^^^^^^^^',
      '  write not user:jane, or put it in quotes to search for it',
    ],
    ['a && b', '&& is no operator here', '  a && b', '    ^^', '  write and'],
    ['user:(a || b)', '|| is no operator here', '  user:(a || b)', '          ^^', '  write or'],
    ['!user:jane', '! is no operator here', '  !user:jane', '  ^^^^^', '  write not user:value'],
    ['!jane', '! is no operator here', '  !jane', '  ^^^^^', '  write not jane, or put it in quotes to search for it'],
    ['-jane', '-jane excludes nothing', '  -jane', '  ^^^^^', '  write not jane, or put it in quotes to search for it'],
    [
      "'jane doe'",
      'texts are quoted with "',
      "  'jane doe'",
      '  ^^^^^',
      '  or put a backslash before this mark if it is part of the text',
    ],
    [
      'user:“jane”',
      'texts are quoted with "',
      '  user:“jane”',
      '       ^^^^^^',
      '  or put a backslash before this mark if it is part of the text',
    ],
    [
      'usr:a and ip:x and (b',
      'there is no field usr',
      '  usr:a and ip:x and (b',
      '  ^^^',
      '  did you mean user?',
      '',
      'x is no address',
      '  usr:a and ip:x and (b',
      '               ^',
      '  write 10.0.0.1, 10.0.0.0/8, 10.0.*, 2001:db8::1 or 2001:db8::/32',
      '',
      'a ( without its )',
      '  usr:a and ip:x and (b',
      '                     ^',
    ],
    ['a\tb\n"', 'the quoted text does not end', '  "', '  ^', '  close it with "; inside it, \\" is one'],
  ])('%j', (text, ...lines) => {
    expect(said(text).trimEnd().split('\n')).toEqual(lines);
  });
});

describe('a query has bounds', () => {
  const bounds: readonly (readonly [name: string, fits: string, tooMuch: string, said: string])[] = [
    [
      'length',
      'x'.repeat(QUERY_LENGTH_MAX),
      'x'.repeat(QUERY_LENGTH_MAX + 1),
      'the query is longer than 16384 characters',
    ],
    ['parentheses', nested('(', NESTING_MAX), nested('(', NESTING_MAX + 1), 'the query nests deeper than 32 levels'],
    ['not', nested('not ', NESTING_MAX), nested('not ', NESTING_MAX + 1), 'the query nests deeper than 32 levels'],
    ['words', 'a '.repeat(TERMS_MAX), 'a '.repeat(TERMS_MAX + 1), 'the query has more than 1000 words and values'],
    [
      'values',
      `user:(${'a or '.repeat(TERMS_MAX - 1)}a)`,
      `user:(${'a or '.repeat(TERMS_MAX)}a)`,
      'the query has more than 1000 words and values',
    ],
  ];
  test.each(bounds)('%s', (_name, fits, tooMuch, message) => {
    expect(parse(fits).errors).toEqual([]);
    expect(parse(tooMuch).errors.map((error) => error.message)).toEqual([message]);
  });

  test('errors', () => {
    expect(parse(')'.repeat(100)).errors).toHaveLength(10);
    expect(said('usr:x '.repeat(100)).match(/no field usr/g)).toHaveLength(10);
  });
});

function nested(opening: string, depth: number): string {
  return `${opening.repeat(depth)}a${opening === '(' ? ')'.repeat(depth) : ''}`;
}

test('of a long query the part around the place is shown, and control characters as spaces', () => {
  const text = `${'word '.repeat(100)}usr:x ${'word '.repeat(100)}`;
  const [, line, carets] = said(text).split('\n');
  expect(line!.length).toBeLessThan(130);
  expect(line!.slice(carets!.indexOf('^'), carets!.lastIndexOf('^') + 1)).toBe('usr');
  expect(said('a\u001b[31m\tusr:x')).toContain('\n  a [31m usr:x\n         ^^^\n');
  expect(said('😀 usr:x')).toContain('\n  😀 usr:x\n    ^^^\n');
});
