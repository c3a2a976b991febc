import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadPack } from '../../mappings/pack.ts';
import type { RowDefinition } from '../../mappings/pack-definition.ts';
import { Recogniser } from '../../mappings/recognise.ts';

const rows = (await loadPack('keepit')).definition.events.filter(({ kind }) => kind !== 'pipeline_error');
const described = rows.filter(({ match }) => match);
const codeOf = (recogniser: Recogniser<RowDefinition>, message: string): string | undefined =>
  recogniser.recognise('', '', message).row?.code;

test('every row is recognised by its name and its wordings, whatever the order of the rows', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
      const recogniser = new Recogniser(shuffled);
      for (const { code, name, wordings = [] } of rows) {
        for (const text of [name, ...wordings]) expect([text, codeOf(recogniser, text)]).toEqual([text, code]);
      }
    }),
    { numRuns: 20 },
  );
});

test('the words alone recognise every row, whatever the order of the rows and whoever is named behind them', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
      const recogniser = new Recogniser(shuffled);
      for (const { code, name, wordings = [] } of described) {
        // A wording with examples in brackets is of two kinds at once: only as a whole it says which.
        for (const text of [name, ...wordings].filter((each) => !each.includes('(e.g.'))) {
          const longer = `${text.toUpperCase()}: jane@acme.example`;
          expect([longer, codeOf(recogniser, longer)]).toEqual([longer, code]);
        }
      }
    }),
    { numRuns: 20 },
  );
});

test.each([
  ['Connector created by user jane', '3001'],
  ['User jane was added to the access list of connector Mail', '3009'],
  ['Password of shared link changed', '9012'],
  ['The user logged-in', '1001'],
  ['Login failed', '1031'],
  ['Downloaded file "failed sign in.txt"', '4021'],
  ["File 'Failed login report.xlsx' downloaded", '4021'],
  ['Opened folder “MFA disabled”', '4033'],
  ['Downloaded a folder "a.zip" as .pst file', '4023'],
  ["Jane's connector and John's were deleted", '3007'],
  ['"User created"', '1041'],
  ['Something about "user created"', undefined],
  ['Nothing of the kind', undefined],
  ['', undefined],
])('%s is %s', (message, code) => {
  expect(codeOf(new Recogniser(rows), message)).toBe(code);
});

describe('rules', () => {
  const row = (code: string, more: Partial<RowDefinition>): RowDefinition => ({
    code,
    action: `action-${code}`,
    name: `name ${code}`,
    area: 'unknown',
    outcome: 'none',
    severity: { success: 6 },
    ...more,
  });

  test('acl, method and message together come before the message alone', () => {
    const exact = [{ acl: 'Token', method: 'put', message: 'Updated' }];
    const recogniser = new Recogniser([row('1', { wordings: ['Updated'] }), row('2', { exact })]);
    expect(recogniser.recognise('token', 'PUT', 'Updated')).toMatchObject({ row: { code: '2' }, byMessage: false });
    expect(recogniser.recognise('Token', 'get', 'Updated')).toMatchObject({ row: { code: '1' }, byMessage: true });
  });

  test('a word means the whole word, a star any ending, a bar either, an exclamation mark none', () => {
    const recogniser = new Recogniser([row('1', { match: ['link|links creat* !password'] })]);
    expect(codeOf(recogniser, 'Created two LINKS')).toBe('1');
    expect(codeOf(recogniser, 'creation: link')).toBe('1');
    expect(codeOf(recogniser, 'linked creation')).toBeUndefined();
    expect(codeOf(recogniser, 'link created with password')).toBeUndefined();
    expect(codeOf(recogniser, 'recreated link')).toBeUndefined();
  });

  test('the lower rank is asked first, then the lower code', () => {
    const words = { match: ['alpha'] };
    const first = new Recogniser([row('1', words), row('2', { ...words, rank: 10 }), row('3', words)]);
    expect(codeOf(first, 'alpha')).toBe('2');
    expect(codeOf(new Recogniser([row('3', words), row('1', words)]), 'alpha')).toBe('1');
  });

  test('two rows that claim one text are refused', () => {
    expect(() => new Recogniser([row('1', { wordings: ['Same text'] }), row('2', { name: 'same-text' })])).toThrow(
      'rows 1 and 2 both claim the text "same text"',
    );
  });

  test('a great many messages, and very long ones, are still recognised', () => {
    const recogniser = new Recogniser(rows);
    for (let i = 0; i < 10_000; i++) expect(codeOf(recogniser, `User created: ${i}`)).toBe('1041');
    expect(codeOf(recogniser, `User created: ${'x'.repeat(1 << 20)}`)).toBe('1041');
  });
});
