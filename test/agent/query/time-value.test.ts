import { describe, expect, test } from '@jest/globals';
import { timeValues } from '../../../agent/query/time-value.ts';

/** Thursday, noon in Copenhagen. */
const NOW = Date.parse('2026-03-05T11:00:00Z');
const copenhagen = timeValues(NOW, 'Europe/Copenhagen');

test.each([
  ['2026-03-01', '2026-02-28T23:00:00.000Z', '2026-03-01T23:00:00.000Z'],
  ['2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
  ['2026-10-25', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
  ['2026-03', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
  ['2025-12', '2025-11-30T23:00:00.000Z', '2025-12-31T23:00:00.000Z'],
  ['2026-03-01T10:00', '2026-03-01T09:00:00.000Z', '2026-03-01T09:01:00.000Z'],
  ['2026-03-01 10:00:07', '2026-03-01T09:00:07.000Z', '2026-03-01T09:00:08.000Z'],
  ['2026-03-01T10:00:07.25', '2026-03-01T09:00:07.250Z', '2026-03-01T09:00:07.251Z'],
  ['2026-03-01T10:00Z', '2026-03-01T10:00:00.000Z', '2026-03-01T10:01:00.000Z'],
  ['2026-03-01T10:00+05:30', '2026-03-01T04:30:00.000Z', '2026-03-01T04:31:00.000Z'],
  ['2026-03-01Z', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
  ['0099-12-31Z', '0099-12-31T00:00:00.000Z', '0100-01-01T00:00:00.000Z'],
  ['1772708400', '2026-03-05T11:00:00.000Z', '2026-03-05T11:00:01.000Z'],
  ['1772708400123', '2026-03-05T11:00:00.123Z', '2026-03-05T11:00:00.124Z'],
  ['today', '2026-03-04T23:00:00.000Z', '2026-03-05T23:00:00.000Z'],
  ['Yesterday', '2026-03-03T23:00:00.000Z', '2026-03-04T23:00:00.000Z'],
])('%s in Copenhagen lasts from %s to %s', (text, from, to) => {
  expect(copenhagen(text)).toEqual({ kind: 'stretch', from: Date.parse(from), to: Date.parse(to), isMoment: false });
});

test.each([
  ['now', 0],
  ['-36h', -36 * 3_600_000],
  ['now-15m', -15 * 60_000],
  ['+1w', 7 * 86_400_000],
  ['-90s', -90_000],
  ['-7d', -7 * 86_400_000],
])('%s is a moment, counted from now', (text, ms) => {
  expect(copenhagen(text)).toEqual({ kind: 'stretch', from: NOW + ms, to: NOW + ms + 1, isMoment: true });
});

test('today is the day of the zone, not that of UTC', () => {
  const lateInUtc = timeValues(Date.parse('2026-03-05T23:30:00Z'), 'Europe/Copenhagen')('today');
  expect(lateInUtc).toMatchObject({ from: Date.parse('2026-03-05T23:00:00Z') });
});

describe('no time', () => {
  test.each(['2026-02-30', '2026-13', '2026', '2026-03-01T25:00', 'soon', '-36', '-1M', '', '36h', '2026-03-01T10'])(
    'is %s',
    (text) => {
      expect(copenhagen(text)).toMatchObject({ kind: 'none', message: `${text} is no time` });
    },
  );

  test('is a relative one where the query stays', () => {
    const lasting = timeValues(null, 'UTC');
    expect(lasting('-36h')).toMatchObject({ kind: 'none', help: 'give a date, such as 2026-03-01' });
    expect(lasting('today')).toMatchObject({ kind: 'none' });
    expect(lasting('2026-03-01')).toMatchObject({ from: Date.parse('2026-03-01T00:00:00Z') });
  });
});
