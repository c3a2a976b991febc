import type { Settlement } from './store/store.ts';

/** A stretch of the log that a lane has read, and, once known, what became of all its events. */
interface Stretch {
  readonly upTo: number;
  became: Settlement | null;
}

export const nothingYet: Settlement = { acknowledged: 0, duplicates: 0, filtered: 0, expired: 0, rejected: [] };

export const sum = (a: Settlement, b: Settlement): Settlement => ({
  acknowledged: a.acknowledged + b.acknowledged,
  duplicates: a.duplicates + b.duplicates,
  filtered: a.filtered + b.filtered,
  expired: a.expired + b.expired,
  rejected: [...a.rejected, ...b.rejected],
});

/** Stretches that end in any order and settle in theirs: the cursor never passes an unresolved event (promise P5). */
export class Progress {
  readonly #stretches: Stretch[] = [];

  /** A stretch up to this sequence number begins; call what is returned when all of it is known. */
  begin(upTo: number): (became: Settlement) => { readonly upTo: number; readonly became: Settlement } | null {
    const stretch: Stretch = { upTo, became: null };
    this.#stretches.push(stretch);
    return (became) => {
      stretch.became = became;
      return this.#settled();
    };
  }

  #settled(): { readonly upTo: number; readonly became: Settlement } | null {
    let settled: { upTo: number; became: Settlement } | null = null;
    for (let first = this.#stretches[0]; first?.became; first = this.#stretches[0]) {
      settled = { upTo: first.upTo, became: settled ? sum(settled.became, first.became) : first.became };
      this.#stretches.shift();
    }
    return settled;
  }
}
