/** Ages at which everything is scanned again, and how much gathers before that is done, ms: late records are found then. */
const RESCANS = [
  { name: '5m', age: 5 * 60_000, step: 60_000 },
  { name: '1h', age: 3_600_000, step: 10 * 60_000 },
  { name: '24h', age: 24 * 3_600_000, step: 4 * 3_600_000 },
  { name: '7d', age: 7 * 24 * 3_600_000, step: 24 * 3_600_000 },
] as const;

const WINDOW_MS_MIN = 1_000;
const WINDOW_MS_FIRST = 3_600_000;
const WINDOW_MS_MAX = 24 * 3_600_000;
/** Late records widen the overlap up to this: what is later is found by the re-scans. */
const OVERLAP_MS_MAX = 3_600_000;

/** Where one account's scans are; all times ms since the epoch, whole seconds. */
export interface Position {
  /** Everything before was scanned once. */
  readonly upTo: number;
  /** For each of the re-scans, by name: everything before was scanned at that age or older. */
  readonly again: Readonly<Record<string, number>>;
  /** How much of what was scanned the next scan looks at again. */
  readonly overlap: number;
  /** Length of the next window; halved when one is too large. */
  readonly window: number;
}

/** One scan: a window of time, closed and in the past. */
export interface Scan {
  readonly kind: 'new' | 'again';
  readonly from: number;
  readonly to: number;
  /** The position once all of it is stored. */
  readonly then: Position;
}

export function positionAt(since: number, overlap: number): Position {
  const upTo = floorSecond(since);
  return { upTo, again: Object.fromEntries(RESCANS.map(({ name }) => [name, upTo])), overlap, window: WINDOW_MS_FIRST };
}

/**
 * The next scan, or `null` when nothing is due before the platform has moved on. `settled` is now less the lag in which
 * records may still appear. New windows come first; each begins an overlap before the last one ended, since whether the
 * platform takes either end as part of a window is not known.
 */
export function nextScan(position: Position, settled: number): Scan | null {
  const upTo = floorSecond(settled);
  if (upTo > position.upTo) {
    const to = Math.min(upTo, position.upTo + position.window);
    const from = position.upTo - Math.max(position.overlap, WINDOW_MS_MIN);
    const window = Math.min(WINDOW_MS_MAX, position.window * 2);
    return { kind: 'new', from, to, then: { ...position, upTo: to, window, again: seen(position, from, to, upTo) } };
  }
  for (const { name, age, step } of RESCANS) {
    const from = position.again[name] ?? position.upTo;
    const old = upTo - age;
    if (old - from < step) continue;
    const to = Math.min(old, from + position.window);
    return { kind: 'again', from, to, then: { ...position, again: seen(position, from, to, upTo) } };
  }
  return null;
}

/** A scan of old times serves the re-scans too: most of a first import is never scanned again. */
const seen = (position: Position, from: number, to: number, settled: number): Position['again'] =>
  Object.fromEntries(
    RESCANS.map(({ name, age }) => {
      const before = position.again[name] ?? position.upTo;
      return [name, before >= from ? Math.max(before, Math.min(to, floorSecond(settled - age))) : before];
    }),
  );

/** The window was too large for one scan: the next one is half as long. `null`: it cannot be shorter. */
export function halved(position: Position, { kind, from, to }: Scan): Position | null {
  const window = floorSecond((to - (kind === 'new' ? position.upTo : from)) / 2);
  return window < WINDOW_MS_MIN ? null : { ...position, window };
}

/** A record appeared `lateMs` after its time: the overlap covers half as much again, from now on. */
export const widened = (position: Position, lateMs: number): Position => ({
  ...position,
  overlap: Math.max(position.overlap, Math.min(OVERLAP_MS_MAX, floorSecond(lateMs * 1.5))),
});

/** What is older need not be recognised any more: no scan looks there again. */
export const forgettable = ({ upTo, overlap, again }: Position): number =>
  Math.min(upTo - overlap, ...Object.values(again)) - WINDOW_MS_MIN;

const floorSecond = (ms: number): number => Math.floor(ms / 1_000) * 1_000;
