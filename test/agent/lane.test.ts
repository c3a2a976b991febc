import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LaneHealth } from '../../agent/lane-health.ts';
import { runLane } from '../../agent/lane.ts';
import { OwnEvents } from '../../agent/sources/own.ts';
import { forAll, type Batch, type Forwarder, type Limits, type Outcome } from '../../forwarders/forwarder.ts';
import { isOwn } from '../../mappings/events.ts';
import { block, MemoryConsumer } from '../support/blocks.ts';
import { eventually, FakeClock, settled } from '../support/fake-clock.ts';
import { MemoryLog } from '../support/memory-log.ts';

const delivered: Outcome = { kind: 'delivered', proof: 'confirmed' };
type Script = (batch: Batch, call: number) => readonly Outcome[] | Promise<readonly Outcome[]>;

/** A forwarder that answers by a script and notes what it was sent. */
class ScriptedForwarder implements Forwarder {
  readonly limits: Limits;
  readonly sent: number[][] = [];
  readonly #script: Script;

  constructor(script: Script, limits: Partial<Limits> = {}) {
    this.#script = script;
    this.limits = { events: 500, bytes: 1 << 20, underWay: 4, ...limits };
  }

  async send(batch: Batch): Promise<{ outcomes: Promise<readonly Outcome[]> }> {
    const call = this.sent.push([...batch.sequences]);
    return { outcomes: Promise.resolve(this.#script(batch, call)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function lane(consumer: MemoryConsumer, forwarder: Forwarder, clock = new FakeClock()) {
  const stop = new AbortController();
  const log = new MemoryLog();
  const own = new OwnEvents(clock, () => 1);
  const health = new LaneHealth('soc', clock, log, own);
  const running = runLane(
    {
      consumer,
      forwarder,
      health,
      clock,
      filter: (events, i) => !isOwn(events, i),
      backoff: { firstMs: 1_000, longestMs: 60_000 },
      stopping: stop.signal,
    },
    new AbortController().signal,
  );
  const at = async (cursor: number): Promise<void> => {
    await eventually(async () => {
      if (consumer.cursor < cursor && clock.sleeping > 0) await clock.advance(60_000);
      return consumer.cursor >= cursor;
    }, `cursor at ${cursor}, is ${consumer.cursor}`);
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { at, end, log, health, running, clock, stop };
}

describe('a lane', () => {
  test('settles a block once each of its events is delivered', async () => {
    const consumer = new MemoryConsumer([block(1, 3), block(4, 2)]);
    const forwarder = new ScriptedForwarder((batch) => forAll(batch, delivered));
    const { at, end } = lane(consumer, forwarder);
    await at(5);
    await end();
    expect(consumer.total('acknowledged')).toBe(5);
    expect(forwarder.sent.flat()).toEqual([1, 2, 3, 4, 5]);
  });

  test('goes on behind its cursor when a block was settled in part', async () => {
    const consumer = new MemoryConsumer([block(1, 5)], 3);
    const forwarder = new ScriptedForwarder((batch) => forAll(batch, delivered));
    const { at, end } = lane(consumer, forwarder);
    await at(5);
    await end();
    expect(forwarder.sent).toEqual([[4, 5]]);
  });

  test('sends again only what was not taken, in its order, and loses nothing', async () => {
    const consumer = new MemoryConsumer([block(1, 4)]);
    const busy: Outcome = { kind: 'retry', reason: 'HTTP 429' };
    const forwarder = new ScriptedForwarder((batch, call) =>
      call === 1 ? [delivered, busy, delivered, busy] : forAll(batch, delivered),
    );
    const { at, end } = lane(consumer, forwarder);
    await at(4);
    await end();
    expect(forwarder.sent).toEqual([
      [1, 2, 3, 4],
      [2, 4],
    ]);
  });

  test('waits as long as the destination asks for', async () => {
    const clock = new FakeClock();
    const consumer = new MemoryConsumer([block(1, 1)]);
    const forwarder = new ScriptedForwarder((batch, call) =>
      call === 1 ? forAll(batch, { kind: 'retry', reason: 'HTTP 503', afterMs: 30_000 }) : forAll(batch, delivered),
    );
    const { end } = lane(consumer, forwarder, clock);
    await eventually(() => clock.sleeping > 0, 'the wait');
    await clock.advance(29_999);
    expect(forwarder.sent).toHaveLength(1);
    await clock.advance(1);
    await eventually(() => consumer.cursor === 1, 'the delivery');
    await end();
  });

  test('halves what is too much until it fits, and sets a single event aside that never does', async () => {
    const consumer = new MemoryConsumer([block(1, 8)]);
    const forwarder = new ScriptedForwarder((batch) =>
      batch.sequences.includes(6) ? forAll(batch, { kind: 'split', reason: 'HTTP 413' }) : forAll(batch, delivered),
    );
    const { at, end } = lane(consumer, forwarder);
    await at(8);
    await end();
    expect(consumer.rejected).toEqual([{ sequence: 6, reason: 'HTTP 413' }]);
    expect(consumer.total('acknowledged')).toBe(7);
    expect(forwarder.sent.length).toBeLessThanOrEqual(2 * Math.log2(8) + 1);
  });

  test('sets one refused event aside with its exact reason while its neighbours arrive', async () => {
    const consumer = new MemoryConsumer([block(1, 3)]);
    const reason = '400 document_parsing_exception: failed to parse field [source.ip]';
    const forwarder = new ScriptedForwarder(() => [delivered, { kind: 'rejected', reason }, delivered]);
    const { at, end, log } = lane(consumer, forwarder);
    await at(3);
    await end();
    expect(consumer.rejected).toEqual([{ sequence: 2, reason }]);
    expect(log.messages()).toContain('event set aside as dead letter');
  });

  test('is paused by a configuration error, says so once, tries on, and resumes by itself', async () => {
    const consumer = new MemoryConsumer([block(1, 2)]);
    const forwarder = new ScriptedForwarder((batch, call) =>
      call < 4 ? forAll(batch, { kind: 'paused', reason: '401 unauthorized' }) : forAll(batch, delivered),
    );
    const { at, end, log, health } = lane(consumer, forwarder);
    await at(2);
    await end();
    expect(consumer.rejected).toEqual([]);
    expect(log.messages()).toEqual(['lane is paused: somebody has to act', 'lane resumed']);
    expect(health.status.state).toBe('delivering');
  });

  test('gives a suspect event up only after it has failed again and again by itself', async () => {
    const consumer = new MemoryConsumer([block(1, 3)]);
    const forwarder = new ScriptedForwarder((batch) =>
      [...batch.sequences].map((s) => (s === 2 ? { kind: 'retry', reason: '500 npe', suspect: true } : delivered)),
    );
    const { at, end } = lane(consumer, forwarder);
    await at(3);
    await end();
    expect(consumer.rejected).toEqual([{ sequence: 2, reason: '500 npe' }]);
    expect(forwarder.sent.filter((sent) => sent.includes(2))).toHaveLength(10);
  });

  test('never empties the spool into quarantine: beyond 20 events and 1 % it pauses instead', async () => {
    const consumer = new MemoryConsumer([block(1, 100)]);
    let mended = false;
    const forwarder = new ScriptedForwarder((batch) =>
      mended ? forAll(batch, delivered) : forAll(batch, { kind: 'rejected', reason: '400 mapper_parsing_exception' }),
    );
    const { at, end, health } = lane(consumer, forwarder);
    await eventually(() => health.status.state === 'paused', 'the pause');
    expect(health.status.reason).toContain('400 mapper_parsing_exception');
    mended = true;
    await at(100);
    await end();
    expect(consumer.rejected).toHaveLength(20);
    expect(consumer.total('acknowledged')).toBe(80);
  });

  test('counts the events it does not want as filtered, and moves on over them', async () => {
    const consumer = new MemoryConsumer([block(1, 6, (s) => s % 2 === 0), block(7, 2, () => true)]);
    const forwarder = new ScriptedForwarder((batch) => forAll(batch, delivered));
    const { at, end } = lane(consumer, forwarder);
    await at(8);
    await end();
    expect(consumer.total('filtered')).toBe(5);
    expect(forwarder.sent.flat()).toEqual([1, 3, 5]);
  });

  test('joins the small blocks that gathered while it was busy into one call', async () => {
    const consumer = new MemoryConsumer([block(1, 1)]);
    const first = Promise.withResolvers<undefined>();
    const forwarder = new ScriptedForwarder(
      async (batch, call) => {
        if (call === 1) await first.promise;
        return forAll(batch, delivered);
      },
      { underWay: 1 },
    );
    const { at, end } = lane(consumer, forwarder);
    await eventually(() => forwarder.sent.length === 1, 'the first call');
    for (let s = 2; s <= 10; s++) consumer.add(block(s, 1));
    await settled();
    first.resolve(undefined);
    await at(10);
    await end();
    expect(forwarder.sent).toEqual([[1], [2, 3, 4, 5, 6, 7, 8, 9, 10]]);
  });

  test('a forwarder that throws is that lane’s trouble: the events are sent again', async () => {
    const consumer = new MemoryConsumer([block(1, 2)]);
    const forwarder = new ScriptedForwarder((batch, call) => {
      if (call === 1) throw new TypeError('x is not a function');
      return forAll(batch, delivered);
    });
    const { at, end, log } = lane(consumer, forwarder);
    await at(2);
    await end();
    expect(log.lines[0]).toMatchObject({
      message: 'lane is failing',
      fields: { reason: 'internal error: x is not a function' },
    });
  });

  test('stops at once while its destination is down, and settles nothing that is not known', async () => {
    const consumer = new MemoryConsumer([block(1, 3)]);
    const forwarder = new ScriptedForwarder((batch) =>
      forAll(batch, { kind: 'retry', reason: 'connect ECONNREFUSED' }),
    );
    const { end, clock } = lane(consumer, forwarder);
    await eventually(() => clock.sleeping > 0, 'the wait');
    await end();
    expect(consumer.cursor).toBe(0);
    expect(clock.sleeping).toBe(0);
  });

  test('ends with the error of the store when a settlement fails', async () => {
    const consumer = new MemoryConsumer([block(1, 1)]);
    consumer.settle = () => Promise.reject(new Error('disk is gone'));
    const { running } = lane(consumer, new ScriptedForwarder((batch) => forAll(batch, delivered)));
    await expect(running).rejects.toThrow('disk is gone');
  });
});

test('whatever a destination answers, each event is settled once, in order, as delivered or set aside', async () => {
  const answers: readonly Outcome[] = [
    delivered,
    { kind: 'delivered', proof: 'confirmed', duplicate: true },
    { kind: 'retry', reason: 'HTTP 429' },
    { kind: 'retry', reason: 'partly taken', afterMs: 0 },
    { kind: 'retry', reason: '500', suspect: true },
    { kind: 'ambiguous', reason: 'reset' },
    { kind: 'split', reason: 'HTTP 413' },
    { kind: 'paused', reason: 'HTTP 403' },
    { kind: 'rejected', reason: '400' },
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 0, max: answers.length - 1 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 20 }),
      async (sizes, script, underWay, events) => {
        let next = 1;
        const blocks = sizes.map((n) => block((next += n) - n, n, (s) => s % 7 === 0));
        const last = next - 1;
        const consumer = new MemoryConsumer(blocks);
        const known = new Map<number, string>();
        let step = 0;
        const forwarder = new ScriptedForwarder(
          (batch) =>
            Array.from(batch.sequences, (sequence) => {
              expect(known.get(sequence)).toBeUndefined();
              const answer = step < script.length ? answers[script[step++]!]! : delivered;
              if (answer.kind === 'delivered') known.set(sequence, 'delivered');
              return answer;
            }),
          { underWay, events },
        );
        const { at, end } = lane(consumer, forwarder);
        await at(last);
        await end();
        const upTos = consumer.settlements.map(({ upTo }) => upTo);
        expect(upTos).toEqual([...upTos].sort((a, b) => a - b));
        expect(consumer.total('acknowledged')).toBe(known.size);
        expect(consumer.total('acknowledged') + consumer.total('filtered') + consumer.rejected.length).toBe(last);
      },
    ),
    { numRuns: 150 },
  );
});
