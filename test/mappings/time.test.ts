import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ipAddress } from '../../mappings/ip.ts';
import { timeReader } from '../../mappings/time.ts';

const readTime = timeReader();

test.each([
  ['2026-01-31T08:00:00.123Z', '2026-01-31T08:00:00.123Z'],
  ['2026-01-31T08:00:00Z', '2026-01-31T08:00:00.000Z'],
  ['2026-01-31T08:00:00', '2026-01-31T08:00:00.000Z'],
  ['2026-01-31T08:00', '2026-01-31T08:00:00.000Z'],
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31 08:00:00', '2026-01-31T08:00:00.000Z'],
  [' 2026-01-31 08:00:00,5 ', '2026-01-31T08:00:00.500Z'],
  ['2026-01-31T08:00:00.123456789+02:30', '2026-01-31T05:30:00.123Z'],
  ['2026-01-31T08:00:00-0100', '2026-01-31T09:00:00.000Z'],
  ['31 Jan 2026 08:00:00', '2026-01-31T08:00:00.000Z'],
  ['1 february 2026 08:00', '2026-02-01T08:00:00.000Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['2024-02-29T00:00:00.000Z', '2024-02-29T00:00:00.000Z'],
  ['1767225600', '2026-01-01T00:00:00.000Z'],
  ['1767225600123', '2026-01-01T00:00:00.123Z'],
])('%s is %s', (text, expected) => {
  expect(readTime(text)).toBe(expected);
});

test.each([
  '', 'yesterday', '2026-02-30T00:00:00.000Z', '2026-13-01', '2026-01-00', '2026-01-01T24:00:00Z', '2026-01-01T08:60',
  '31 Foo 2026 08:00:00', '0000-01-01T00:00:00+01:00', '12', '01/02/2026',
])('%j is no time', (text) => {
  expect(readTime(text)).toBeNull();
}); // prettier-ignore

test('a time without a zone is of the zone given, summer and winter', () => {
  const inCopenhagen = timeReader('Europe/Copenhagen');
  expect(inCopenhagen('2026-01-01 00:30:00')).toBe('2025-12-31T23:30:00.000Z');
  expect(inCopenhagen('2026-07-01 00:30:00.250')).toBe('2026-06-30T22:30:00.250Z');
  expect(inCopenhagen('2026-07-01T00:30:00Z')).toBe('2026-07-01T00:30:00.000Z');
  // The clocks went forward at 02:00 and back at 03:00.
  expect(inCopenhagen('2026-03-29 01:59:59')).toBe('2026-03-29T00:59:59.000Z');
  expect(inCopenhagen('2026-03-29 03:00:00')).toBe('2026-03-29T01:00:00.000Z');
  expect(inCopenhagen('2026-10-25 03:00:00')).toBe('2026-10-25T02:00:00.000Z');
});

test('every instant of ten thousand years is read as written, and any text at all gives 24 characters or nothing', () => {
  const instants = fc.date({
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(instants, (date) => {
      expect(readTime(date.toISOString())).toBe(date.toISOString());
      expect(readTime(date.toISOString().replace('T', ' ').replace('Z', ''))).toBe(date.toISOString());
    }),
  );
  const text = fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d)?$/);
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (any) => {
      expect([24, undefined]).toContain(readTime(any)?.length);
    }),
  );
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
])('%s is the address %s', (text, expected) => {
  expect(ipAddress(text)).toBe(expected);
});

test.each([
  '',
  '1',
  '0x7f.1',
  '203.0.113',
  '203.0.113.256',
  '203.0.113.07',
  '203.0.113.7.',
  '203.0.113.7:443',
  'fe80::1%eth0',
  ':',
  'x::',
])('%j is no address', (text) => {
  expect(ipAddress(text)).toBeNull();
});
