import assert from 'node:assert/strict';
import type { SequenceRange } from './sequence-range.ts';
import type { Account, Settlement } from './store.ts';

export const openAccount = (name: string, start: number): Account => ({
  name,
  start,
  cursor: start,
  acknowledged: 0,
  duplicates: 0,
  filtered: 0,
  expired: 0,
  rejected: 0,
  purged: 0,
  lost: 0,
});

/** How many of the events behind `after` and up to `upTo` were lost. */
const lostBetween = (ranges: readonly SequenceRange[], after: number, upTo: number): number =>
  ranges.reduce((n, { first, last }) => n + Math.max(0, Math.min(last, upTo) - Math.max(first, after + 1) + 1), 0);

/** The account after a settlement, which must account for every event that it moves the cursor over. */
export function settled(account: Account, upTo: number, became: Settlement, ranges: readonly SequenceRange[]): Account {
  const lost = lostBetween(ranges, account.cursor, upTo);
  const named = became.acknowledged + became.filtered + became.expired + became.rejected.length;
  assert.equal(
    named + lost,
    upTo - account.cursor,
    `settling ${account.name} up to ${upTo} must account for every event`,
  );
  return overLost(
    {
      ...account,
      cursor: upTo,
      acknowledged: account.acknowledged + became.acknowledged,
      duplicates: account.duplicates + became.duplicates,
      filtered: account.filtered + became.filtered,
      expired: account.expired + became.expired,
      rejected: account.rejected + became.rejected.length,
      lost: account.lost + lost,
    },
    ranges,
  );
}

/** Steps over lost events right behind the cursor: nobody can settle them. */
export function overLost(account: Account, ranges: readonly SequenceRange[]): Account {
  const next = ranges.find(({ first, last }) => first <= account.cursor + 1 && last > account.cursor);
  if (!next) return account;
  const lost = account.lost + next.last - account.cursor;
  return overLost({ ...account, cursor: next.last, lost }, ranges);
}

/** Events behind the cursor that nobody can settle; `last` is the newest sequence number. */
export const lostAhead = (account: Account, last: number, ranges: readonly SequenceRange[]): number =>
  lostBetween(ranges, account.cursor, last);

/** Events still to be settled. */
export const pending = (account: Account, last: number, ranges: readonly SequenceRange[]): number =>
  last - account.cursor - lostAhead(account, last, ranges);

/** Must be 0: what was accepted less what became of it. */
export const unaccounted = (a: Account): number =>
  a.cursor - a.start - (a.acknowledged + a.filtered + a.expired + a.rejected + a.purged + a.lost);
