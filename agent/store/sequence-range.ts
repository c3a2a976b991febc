/** Sequence numbers from `first` to `last`, both included. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

/** What of `from` to `upTo` none of the ranges covers, in order. */
export function missingIn(ranges: readonly SequenceRange[], from: number, upTo: number): readonly SequenceRange[] {
  const missing: SequenceRange[] = [];
  let next = from;
  for (const { first, last } of [...ranges].sort((a, b) => a.first - b.first)) {
    if (first > upTo) break;
    if (first > next) missing.push({ first: next, last: first - 1 });
    next = Math.max(next, last + 1);
  }
  if (next <= upTo) missing.push({ first: next, last: upTo });
  return missing;
}
