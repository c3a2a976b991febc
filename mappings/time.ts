/** Reads a record's time: 24 characters of UTC (`2026-01-01T00:00:00.000Z`), or `null` where it cannot be read. */
export type ReadTime = (text: string) => string | null;

const CANONICAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;
const WORDED = /^(\d{1,2}) ([a-z]{3})[a-z]*\.? (\d{4}),? (\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? ?(Z|UTC|GMT)?$/i;
const EPOCH = /^\d{10}(?:\d{3})?$/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * ISO 8601 with or without milliseconds or zone, `2026-01-31 08:00:00`, `31 Jan 2026 08:00:00`, and seconds or
 * milliseconds since 1970. A time without a zone is of `timeZone` (an IANA name), else UTC.
 */
export function timeReader(timeZone?: string): ReadTime {
  const local = timeZone === undefined ? utc : zoned(timeZone);
  return (text) => {
    if (CANONICAL.test(text)) return text;
    const trimmed = text.trim();
    if (EPOCH.test(trimmed)) return canonical(Number(trimmed) * (trimmed.length === 10 ? 1000 : 1));
    const iso = ISO.exec(trimmed);
    if (iso) {
      const [, year, month, day, hour, minute, second, fraction, zone] = iso;
      return instant([year, month, day, hour, minute, second, fraction], zone, local);
    }
    const worded = WORDED.exec(trimmed);
    if (!worded) return null;
    const [, day, name, year, hour, minute, second, fraction, zone] = worded;
    const month = MONTHS.indexOf(name!.toLowerCase()) + 1;
    return instant([year, `${month}`, day, hour, minute, second, fraction], zone, local);
  };
}

/** From a time on the wall, written as if it were UTC, to the instant. */
type FromWall = (wall: number) => number;
const utc: FromWall = (wall) => wall;

const MINUTE_MS = 60_000;
// After 400 years the calendar repeats: Date.UTC takes the years 0 to 99 for those after 1900.
const CALENDAR_YEARS = 400;
const CALENDAR_MS = 146_097 * 24 * 60 * MINUTE_MS;

function instant(parts: readonly (string | undefined)[], zone: string | undefined, local: FromWall): string | null {
  const [year, month, day, hour, minute, second] = parts.slice(0, 6).map((part) => Number(part ?? 0));
  const ms = Number((parts[6] ?? '').slice(0, 3).padEnd(3, '0'));
  const lastDay = new Date(Date.UTC(year!, month, 0)).getUTCDate();
  if (month! < 1 || month! > 12 || day! < 1 || day! > lastDay) return null;
  if (hour! > 23 || minute! > 59 || second! > 60) return null; // 60: a leap second
  const wall = Date.UTC(year! + CALENDAR_YEARS, month! - 1, day, hour, minute, second, ms) - CALENDAR_MS;
  if (zone === undefined) return canonical(local(wall));
  return canonical(wall - offsetMinutes(zone) * MINUTE_MS);
}

function offsetMinutes(zone: string): number {
  const digits = zone.replace(':', '');
  if (!/^[+-]/.test(digits)) return 0;
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3) || 0);
  return digits.startsWith('-') ? -minutes : minutes;
}

/** Years before 0 and after 9999 have another form, and are not meant. */
function canonical(ms: number): string | null {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? date.toISOString() : null;
}

/** The wall clock of a zone; its offset is looked up with the platform's own tables. */
function zoned(timeZone: string): FromWall {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23', year: 'numeric', month: 'numeric',
    day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }); // prettier-ignore
  const offsetAt = (at: number): number => {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const wall = Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second']);
    return wall - Math.floor(at / 1000) * 1000;
  };
  // The offset at the wall time taken for UTC is a guess; at the instant it gives, it is right but for skipped hours.
  return (wall) => wall - offsetAt(wall - offsetAt(wall));
}
