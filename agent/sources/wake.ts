import type { Clock } from '../../forwarders/clock.ts';

/** A wait that ends early when somebody calls `wake`, also when that was just before. */
export class Wake {
  #awake = false;
  #stop: (() => void) | null = null;

  wake(): void {
    this.#awake = true;
    this.#stop?.();
  }

  /** Returns after `ms`, or earlier when woken or aborted. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#awake && !signal.aborted) {
      const stopped = new AbortController();
      const stop = (): void => stopped.abort();
      this.#stop = stop;
      signal.addEventListener('abort', stop, { once: true });
      await clock.sleep(ms, stopped.signal).catch(() => undefined);
      signal.removeEventListener('abort', stop);
      this.#stop = null;
    }
    this.#awake = false;
  }
}
