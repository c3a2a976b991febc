import type { Clock } from '../../forwarders/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it; chance comes from a seed. */
export class FakeClock implements Clock {
  #elapsed = 0;
  #seed: number;
  readonly #start: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start = Date.parse('2026-01-01T00:00:00Z'), seed = 1) {
    this.#start = start;
    this.#seed = seed;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** mulberry32: small, even enough for jitter and for choosing faults. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const sleeper: Sleeper = { at: this.#elapsed + ms, wake: () => resolve(undefined) };
    const abort = (): void => reject(signal?.reason as Error);
    this.#sleepers.add(sleeper);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      this.#sleepers.delete(sleeper);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** How many wait: a test can wait for a sleep to begin before it moves the time. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Moves the time and wakes, in order, whoever slept until then; lets what they start begin. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    while (true) {
      const next = [...this.#sleepers].filter((s) => s.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#elapsed = Math.max(this.#elapsed, next.at);
      this.#sleepers.delete(next);
      next.wake();
      await settled();
    }
    this.#elapsed = until;
    await settled();
  }
}

/** Lets every promise that is ready run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits, without a clock, until `condition` holds; for what another thread, process or socket brings about. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
  ms = 20_000,
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`did not happen within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
