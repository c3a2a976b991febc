import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../config/secrets.ts';
import type { Forwarder } from '../../forwarders/forwarder.ts';
import { hecOutcomes } from '../../forwarders/hec-outcomes.ts';
import { splunkHec } from '../../forwarders/splunk-hec.ts';
import { batch, forwarderParts, plainBatch } from '../support/batches.ts';
import { idOf } from '../support/blocks.ts';
import { describeForwarder, outcomesOf } from '../support/describe-forwarder.ts';
import { startHec, type HecServer } from '../support/hec-server.ts';

type Given = Parameters<typeof splunkHec.open>[0];
const options = (server: HecServer, change: Partial<Given> = {}): Given => ({
  url: server.url,
  token: new Secret('token'),
  source: 'keepit:audit',
  sourcetype: 'keepit:audit:ecs',
  gzip: true,
  timeout_ms: 5_000,
  ...change,
});
const open = (server: HecServer, change: Partial<Given> = {}): Promise<Forwarder> =>
  splunkHec.open(options(server, change), forwarderParts());

describeForwarder('splunk_hec', async () => {
  const server = await startHec();
  return {
    open: (parts) => splunkHec.open(options(server), parts),
    received: () => server.events,
    refuse(text) {
      server.refuse = text;
    },
    down: async () => server[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  };
});

describe('a splunk_hec destination', () => {
  test('sends whole envelopes with the event’s own time in digits, and nothing an event says can change them', async () => {
    await using server = await startHec();
    await using forwarder = await open(server, { index: 'audit' });
    await outcomesOf(
      forwarder,
      batch(['","index":"main","x":"'], 1, () => ({ time: '2026-01-01T00:00:00.123Z' })),
    );
    expect(server.envelopes).toEqual([
      {
        time: '1767225600.123',
        host: 'relay.example',
        source: 'keepit:audit',
        sourcetype: 'keepit:audit:ecs',
        index: 'audit',
        fields: { event_id: idOf(1), event_action: 'user-sign-in', event_outcome: 'success' },
        event: expect.objectContaining({ message: '","index":"main","x":"' }),
      },
    ]);
  });

  test('what stands before a refused event is taken, it is set aside, and the rest is sent again at once', async () => {
    await using server = await startHec();
    await using forwarder = await open(server);
    server.refuse = 'event 2"';
    expect((await outcomesOf(forwarder, plainBatch(4))).map((outcome) => ({ ...outcome, reason: undefined }))).toEqual([
      { kind: 'delivered', proof: 'accepted' },
      { kind: 'rejected' },
      { kind: 'retry', afterMs: 0 },
      { kind: 'retry', afterMs: 0 },
    ]);
    expect(server.events).toHaveLength(1);
  });

  test('an answer that is lost is ambiguous, and so is none in time', async () => {
    await using server = await startHec();
    await using forwarder = await open(server, { timeout_ms: 300 });
    server.resetAfter = true;
    expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({ kind: 'ambiguous' });
    server.resetAfter = false;
    server.hang = true;
    expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({ kind: 'ambiguous' });
  });

  test('a wrong token pauses the lane, and is never shown', async () => {
    await using server = await startHec('another');
    await using forwarder = await open(server);
    const [outcome] = await outcomesOf(forwarder, plainBatch(1));
    expect(outcome).toEqual({ kind: 'paused', reason: '403 code 4: Invalid token' });
  });

  test('a destination without TLS that is not on this host is warned of', async () => {
    const parts = forwarderParts();
    const given = options({ url: 'http://splunk.example:8088' } as HecServer);
    await using _forwarder = await splunkHec.open(given, parts);
    expect(parts.log).toMatchObject({ lines: [{ level: 'warn', message: 'the HEC token travels without TLS' }] });
  });
});

describe('what an answer of the collector means', () => {
  const one = plainBatch(1);
  const kind = (status: number, code: number | null, body = 'busy'): string =>
    hecOutcomes(
      one,
      { status, body: code === null ? body : JSON.stringify({ text: 'text', code }), retryAfter: null },
      0,
    )[0]!.kind;

  test.each([
    [0, 200, 'delivered'],
    [1, 403, 'paused'],
    [2, 401, 'paused'],
    [3, 401, 'paused'],
    [4, 403, 'paused'],
    [5, 400, 'split'],
    [6, 400, 'split'],
    [7, 400, 'paused'],
    [8, 500, 'retry'],
    [9, 503, 'retry'],
    [10, 400, 'paused'],
    [11, 400, 'paused'],
    [12, 400, 'split'],
    [13, 400, 'split'],
    [14, 400, 'paused'],
    [15, 400, 'split'],
    [16, 400, 'paused'],
    [18, 503, 'retry'],
    [19, 503, 'retry'],
    [20, 503, 'retry'],
    [21, 400, 'paused'],
    [22, 400, 'paused'],
    [23, 503, 'retry'],
    [24, 200, 'delivered'],
    [25, 200, 'delivered'],
    [26, 429, 'retry'],
    [27, 429, 'retry'],
  ])('code %i (HTTP %i): %s', (code, status, expected) => {
    expect(kind(status, code)).toBe(expected);
  });

  test.each([
    [408, 'retry'],
    [425, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [502, 'retry'],
    [504, 'retry'],
    [413, 'split'],
    [404, 'paused'],
    [405, 'paused'],
    [415, 'paused'],
    [302, 'paused'],
    [200, 'ambiguous'],
  ])('HTTP %i without a HEC answer: %s', (status, expected) => {
    expect(kind(status, null, '<html>no</html>')).toBe(expected);
  });

  test('Retry-After is honoured', () => {
    const reply = { status: 503, body: JSON.stringify({ text: 'Server is busy', code: 9 }), retryAfter: '3' };
    expect(hecOutcomes(one, reply, 0)[0]).toMatchObject({ kind: 'retry', afterMs: 3_000 });
  });
});
