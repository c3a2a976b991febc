import { timeReader, type ReadTime } from '../../mappings/time.ts';

/** A stretch of time as it was written: `2026-03-01` is that whole day. `from` inclusive, `to` exclusive, in ms. */
export interface Stretch {
  readonly kind: 'stretch';
  readonly from: number;
  readonly to: number;
  /** Counted from now: a point, whose stretch is its millisecond. */
  readonly isMoment: boolean;
}

/** Why a text is no time. */
export interface NoTime {
  readonly kind: 'none';
  readonly message: string;
  readonly help: string;
}

const ISO = /^(\d{4}-\d\d)(?:-(\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)([.,]\d{1,9})?)?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/i;
const EPOCH = /^\d{10}(?:\d{3})?$/;
const RELATIVE = /^(?:now|(?:now)?([+-])(\d{1,6})([smhdw]))$/;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/**
 * Reads the times of queries. Those without a zone are in `timeZone` (IANA); `now` is null where only absolute ones make
 * sense.
 */
export function timeValues(now: number | null, timeZone: string): (text: string) => Stretch | NoTime {
  let read: ReadTime | null = null; // the tables of a zone take a moment to load, and most queries name no time
  const instant: Instant = (text) => Date.parse((read ??= timeReader(timeZone))(text) ?? '');
  return (text) => {
    const relative = RELATIVE.exec(text);
    const day = DAYS.get(text.toLowerCase());
    if (!relative && day === undefined) return absolute(text, instant) ?? noTime(text);
    if (now === null) {
      const message = `${text} would be another time after each start`;
      return { kind: 'none', message, help: 'give a date, such as 2026-03-01' };
    }
    if (day !== undefined) return ofDay(addDays(dateIn(timeZone, now), day), '', instant);
    const [, sign = '+', count = '0', unit = 's'] = relative!;
    const at = now + Number(`${sign}${count}`) * UNITS[unit]!;
    return { ...stretch(at, at + 1), isMoment: true };
  };
}

/** Milliseconds of a time as `timeReader` takes it; NaN where it is none. */
type Instant = (text: string) => number;

const DAYS: ReadonlyMap<string, number> = new Map([
  ['today', 0],
  ['yesterday', -1],
]);

const noTime = (text: string): NoTime => ({
  kind: 'none',
  message: `${text.length > 40 ? `${text.slice(0, 40)}…` : text} is no time`,
  help: 'write a time such as 2026-03, 2026-03-01, 2026-03-01T10:00, -36h, -7d, now, today or yesterday',
});

const stretch = (from: number, to: number): Stretch => ({ kind: 'stretch', from, to, isMoment: false });

function absolute(text: string, instant: Instant): Stretch | null {
  if (EPOCH.test(text)) return stretch(instant(text), instant(text) + (text.length === 10 ? 1_000 : 1));
  const [, month, day, minutes, seconds, fraction, zone = ''] = ISO.exec(text) ?? [];
  if (month === undefined) return null;
  const from = instant(day === undefined ? `${month}-01${zone}` : text);
  if (Number.isNaN(from)) return null;
  if (day === undefined)
    return { ...ofDay(`${month}-01`, zone, instant), to: startOf(monthAfter(month), zone, instant) };
  if (minutes === undefined) return ofDay(`${month}-${day}`, zone, instant);
  return stretch(from, from + (fraction !== undefined ? 1 : seconds !== undefined ? 1_000 : 60_000));
}

/** A day as the zone has it, which may last 23 or 25 hours. */
const ofDay = (date: string, zone: string, instant: Instant): Stretch =>
  stretch(startOf(date, zone, instant), startOf(addDays(date, 1), zone, instant));

/** Beyond the year 9999 nothing is written any more. */
function startOf(date: string, zone: string, instant: Instant): number {
  const at = instant(`${date}${zone}`);
  return Number.isNaN(at) ? Infinity : at;
}

const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * UNITS['d']!).toISOString().split('T')[0]!;

const monthAfter = (month: string): string => `${addDays(`${month}-01`, 31).slice(0, -3)}-01`;

function dateIn(timeZone: string, at: number): string {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone, calendar: 'gregory', numberingSystem: 'latn', year: 'numeric', month: '2-digit', day: '2-digit',
  }); // prettier-ignore
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part['year']!.padStart(4, '0')}-${part['month']!}-${part['day']!}`;
}
