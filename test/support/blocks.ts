import type { Block, Consumer, Settlement } from '../../agent/store/store.ts';
import { OWN_DATASET, serializeHead, type Events } from '../../mappings/events.ts';
import type { Slices } from '../../mappings/slices.ts';

export function slices(texts: readonly string[]): Slices {
  const parts = texts.map((text) => Buffer.from(text));
  let at = 0;
  const ends = Uint32Array.from(parts, (part) => (at += part.length));
  return { bytes: new Uint8Array(Buffer.concat(parts)), ends };
}

/** The id of the event with this sequence number in the blocks below. */
export const idOf = (sequence: number): string => sequence.toString(16).padStart(32, '0');

/** Events with the sequence numbers `first` and on; `own` says which are the agent's own. */
export function events(first: number, n: number, own: (sequence: number) => boolean = () => false): Events {
  const numbers = Array.from({ length: n }, (_, i) => first + i);
  const head = (sequence: number): string =>
    serializeHead({
      id: idOf(sequence),
      time: '2026-01-01T00:00:00.000Z',
      dataset: own(sequence) ? OWN_DATASET : 'keepit.audit',
      source: 'test',
      user: 'jane@example.com',
      area: 'user',
      message: `event ${sequence}`,
      outcome: 'success',
      ip: '203.0.113.7',
      action: 'user-sign-in',
      code: '1001',
      severity: 6,
      target: null,
      connector: null,
      organization: null,
    });
  return {
    documents: slices(numbers.map((s) => `{"event":{"id":"${idOf(s)}"},"message":"event ${s}","tags":[]}`)),
    records: slices(numbers.map((s) => `{"n":${s}}`)),
    heads: slices(numbers.map(head)),
  };
}

export const block = (first: number, n: number, own?: (sequence: number) => boolean): Block => ({
  ...events(first, n, own),
  epoch: 1,
  first,
  previous: new Uint8Array(32),
  hash: new Uint8Array(32),
});

/** A consumer over blocks in memory: it waits for more, and notes how it was settled. */
export class MemoryConsumer implements Consumer {
  readonly name = 'lane:test';
  readonly settlements: { readonly upTo: number; readonly became: Settlement }[] = [];
  readonly #blocks: Block[];
  #cursor: number;
  #wake = Promise.withResolvers<undefined>();

  constructor(blocks: readonly Block[] = [], cursor = 0) {
    this.#blocks = [...blocks];
    this.#cursor = cursor;
  }

  get cursor(): number {
    return this.#cursor;
  }

  add(added: Block): void {
    this.#blocks.push(added);
    this.#wake.resolve(undefined);
    this.#wake = Promise.withResolvers<undefined>();
  }

  async *read(signal: AbortSignal): AsyncGenerator<Block> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    for (let i = 0; !signal.aborted;) {
      const next = this.#blocks[i];
      if (next) {
        i++;
        yield next;
      } else await Promise.race([this.#wake.promise, aborted]);
    }
  }

  async settle(upTo: number, became: Settlement): Promise<void> {
    const { acknowledged, filtered, expired, rejected } = became;
    if (acknowledged + filtered + expired + rejected.length !== upTo - this.#cursor) {
      throw new Error(`settling up to ${upTo} does not account for every event behind ${this.#cursor}`);
    }
    this.#cursor = upTo;
    this.settlements.push({ upTo, became });
  }

  total(what: 'acknowledged' | 'filtered' | 'duplicates'): number {
    return this.settlements.reduce((n, { became }) => n + became[what], 0);
  }

  get rejected(): readonly { readonly sequence: number; readonly reason: string }[] {
    return this.settlements.flatMap(({ became }) =>
      became.rejected.map(({ sequence, reason }) => ({ sequence, reason })),
    );
  }
}
