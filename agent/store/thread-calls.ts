import type { Worker } from 'node:worker_threads';
import type { CallName, Calls } from './messages.ts';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Questions to the store's thread that wait for their answers; after an end none is answered any more. */
export class ThreadCalls {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #failed = Promise.withResolvers<never>();
  #end: Error | null = null;
  #next = 1;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#failed.promise.catch(() => undefined); // every waiting call is rejected too
  }

  /** Rejects when the thread has failed; closing is no failure. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  call<K extends CallName>(name: K, ask: Calls[K]['ask'], transfer: ArrayBuffer[] = []): Promise<Calls[K]['answer']> {
    if (this.#end) return Promise.reject(this.#end);
    const id = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<Calls[K]['answer']>();
    this.#waiting.set(id, { resolve, reject });
    this.#worker.postMessage({ id, name, ask }, transfer);
    return promise;
  }

  answered(id: number, answer: unknown): void {
    this.#waiting.get(id)?.resolve(answer as never);
    this.#waiting.delete(id);
  }

  fail(error: Error): void {
    if (this.#end) return;
    this.#failed.reject(error);
    this.close(error);
  }

  /** Nothing can be asked any more; who waits is told why. */
  close(why: Error): void {
    this.#end ??= why;
    for (const { reject } of this.#waiting.values()) reject(why);
    this.#waiting.clear();
  }
}
