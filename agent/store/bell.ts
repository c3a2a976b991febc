/** Wakes everybody who waits, again and again; once broken, every wait rejects. */
export class Bell {
  #rings = Promise.withResolvers<undefined>();

  /** Rings the next time. Take it before looking at what may have changed. */
  get next(): Promise<undefined> {
    return this.#rings.promise;
  }

  ring(): void {
    const rung = this.#rings;
    this.#rings = Promise.withResolvers();
    rung.resolve(undefined);
  }

  break(error: Error): void {
    this.#rings.promise.catch(() => undefined); // there may be nobody who waits
    this.#rings.reject(error);
  }
}

/** Rejects with the signal's reason when that aborts first; leaves no listener behind. */
export async function orAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
