import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytes, duration, number } from '../../agent/human.ts';
import { printable, table } from '../../agent/table.ts';

describe('a table', () => {
  test('is as wide as its widest cell, colours not counted', () => {
    const red = '\x1b[31mFailed\x1b[39m';
    expect(
      table([
        ['LANE', 'STATE'],
        ['soc-elastic', red],
        ['x', 'ok'],
      ]),
    ).toBe(`LANE         STATE\nsoc-elastic  ${red}\nx            ok\n`);
  });
});

describe('text from outside', () => {
  test('cannot steer a terminal: control characters, ANSI codes and bidirectional marks become visible', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
    expect(printable('\x1b[2Jx\u202Ey')).toBe('\\u{1b}[2Jx\\u{202e}y');
  });

  test('is cut by characters, never inside one', () => {
    expect(printable('a😀b😀c', 4)).toBe('a😀b…');
    expect(printable('abcd', 4)).toBe('abcd');
  });
});

test('durations, sizes and numbers read as people write them', () => {
  expect([250, 1_000, 90_000, 3_600_000, 90_061_000].map(duration)).toEqual(['250ms', '1s', '1m 30s', '1h', '1d 1h']);
  expect([512, 1536, 268_435_456].map(bytes)).toEqual(['512 B', '1.5 KiB', '256.0 MiB']);
  expect(number(1_234_567)).toBe('1,234,567');
});
