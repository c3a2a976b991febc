import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import type { Forwarder, ForwarderParts, Outcome } from '../../forwarders/forwarder.ts';
import { batch, completeDocuments, forwarderParts, hostileTexts, plainBatch } from './batches.ts';
import { eventually } from './fake-clock.ts';

/** A real destination on loopback, and what a test may do to it. */
export interface Destination extends AsyncDisposable {
  open(parts: ForwarderParts): Promise<Forwarder>;
  /** The documents that arrived, in their order; `namespace` where the destination adds `data_stream`. */
  received(): readonly string[] | Promise<readonly string[]>;
  readonly namespace?: string;
  /** From now on it refuses the document with this text, and takes its neighbours; absent where the protocol has no such thing. */
  refuse?(text: string): void;
  /** From now on nobody listens; absent where nobody can tell. */
  down?(): Promise<void>;
}

const never = new AbortController().signal;

export async function outcomesOf(
  forwarder: Forwarder,
  events: ReturnType<typeof batch>,
  signal = never,
): Promise<readonly Outcome[]> {
  return await (
    await forwarder.send(events, signal)
  ).outcomes;
}

const isDelivered = (outcome: Outcome): boolean => outcome.kind === 'delivered';

/** What every forwarder promises, the hard things first. */
export function describeForwarder(name: string, start: () => Promise<Destination>): void {
  describe(`${name}, as a forwarder`, () => {
    test('one refused event is rejected alone, with a reason, and its neighbours arrive', async () => {
      await using destination = await start();
      if (!destination.refuse) return;
      const parts = forwarderParts();
      await using forwarder = await destination.open(parts);
      destination.refuse('event 3"');
      const events = plainBatch(5);
      const seen: string[] = [];
      const outcomes = await outcomesOf(forwarder, events);
      expect(outcomes).toHaveLength(5);
      expect(outcomes[2]).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(/\w/) });
      // A protocol may take what stands before the refused one and ask for the rest again.
      const again = outcomes.flatMap((outcome, i) => (outcome.kind === 'retry' ? [i] : []));
      expect(outcomes.filter((_, i) => i !== 2 && !again.includes(i)).every(isDelivered)).toBe(true);
      const { partOf } = await import('./batches.ts');
      for (const i of again)
        seen.push(...(await outcomesOf(forwarder, partOf(events, i, i + 1))).map(({ kind }) => kind));
      expect(seen.every((kind) => kind === 'delivered')).toBe(true);
      const texts = await destination.received();
      for (const n of [1, 2, 4, 5]) expect(texts.filter((text) => text.includes(`event ${n}"`))).toHaveLength(1);
      expect(texts.some((text) => text.includes('event 3"'))).toBe(false);
    });

    test('whatever an event says, it arrives as one event, byte for byte', async () => {
      await using destination = await start();
      const parts = forwarderParts({ document: { original: true, tags: ['siem', 'a "tag"'] } });
      await using forwarder = await destination.open(parts);
      const events = batch(hostileTexts);
      const outcomes = await outcomesOf(forwarder, events);
      expect(outcomes.every(isDelivered)).toBe(true);
      await eventually(
        async () => (await destination.received()).length >= hostileTexts.length,
        'all of them to arrive',
      );
      expect(await destination.received()).toEqual(completeDocuments(events, parts, destination.namespace));
    });

    test('a full batch and a single event get one outcome an event, in order', async () => {
      await using destination = await start();
      await using forwarder = await destination.open(forwarderParts());
      const { events: most } = forwarder.limits;
      expect(await outcomesOf(forwarder, plainBatch(1, 1))).toHaveLength(1);
      const outcomes = await outcomesOf(forwarder, plainBatch(most, 2));
      expect(outcomes).toHaveLength(most);
      expect(outcomes.every(isDelivered)).toBe(true);
      await eventually(async () => (await destination.received()).length === most + 1, 'all of them to arrive');
      const order = (await destination.received()).map((text) => Number(/event (\d+)"/.exec(text)?.[1]));
      expect(order).toEqual(Array.from({ length: most + 1 }, (_, i) => i + 1));
    });

    test('as many calls as it allows can be under way', async () => {
      await using destination = await start();
      await using forwarder = await destination.open(forwarderParts());
      const calls = Array.from({ length: forwarder.limits.underWay }, (_, i) =>
        forwarder.send(plainBatch(3, 1 + i * 3), never),
      );
      const outcomes = await Promise.all(calls.map(async (call) => (await call).outcomes));
      expect(outcomes.flat().every(isDelivered)).toBe(true);
      await eventually(async () => (await destination.received()).length === 3 * calls.length, 'all of them to arrive');
    });

    test('a destination that is down is an outcome to try again, never an error', async () => {
      await using destination = await start();
      if (!destination.down) return;
      await using forwarder = await destination.open(forwarderParts());
      await outcomesOf(forwarder, plainBatch(1));
      await destination.down();
      for (let i = 0; i < 3; i++) {
        const outcomes = await outcomesOf(forwarder, plainBatch(2, 10));
        expect(outcomes).toHaveLength(2);
        for (const outcome of outcomes) expect(['retry', 'ambiguous']).toContain(outcome.kind);
        for (const outcome of outcomes) expect('reason' in outcome && outcome.reason).toMatch(/\w/);
      }
    });

    test('leaves no listener on the signal, and rejects when that aborts', async () => {
      await using destination = await start();
      await using forwarder = await destination.open(forwarderParts());
      const stop = new AbortController();
      for (let i = 0; i < 3; i++) await outcomesOf(forwarder, plainBatch(2, 1 + 2 * i), stop.signal);
      expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
      stop.abort(new Error('stopping'));
      const sent = forwarder.send(plainBatch(1), stop.signal).then(({ outcomes }) => outcomes);
      await expect(sent).rejects.toThrow('stopping');
    });

    test('sends nothing after it was closed', async () => {
      await using destination = await start();
      const forwarder = await destination.open(forwarderParts());
      await outcomesOf(forwarder, plainBatch(1));
      await forwarder[Symbol.asyncDispose]();
      await expect(outcomesOf(forwarder, plainBatch(1, 2))).rejects.toThrow();
      await eventually(async () => (await destination.received()).length > 0, 'the first to arrive');
      expect(await destination.received()).toHaveLength(1);
    });
  });
}
