import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Secret } from '../../config/secrets.ts';
import type { Forwarder } from '../../forwarders/forwarder.ts';
import { hecOutcomes } from '../../forwarders/hec-outcomes.ts';
import { splunkHec } from '../../forwarders/splunk-hec.ts';
import { certificate } from '../support/certificate.ts';
import { batch, forwarderParts, plainBatch } from '../support/batches.ts';
import { idOf } from '../support/blocks.ts';
import { describeForwarder, outcomesOf } from '../support/describe-forwarder.ts';
import { startHec, type HecServer } from '../support/hec-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

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

  test('a token that no header can carry pauses the lane, and is never shown', async () => {
    await using server = await startHec();
    await using forwarder = await open(server, { token: new Secret('abc\ndef') });
    const [outcome] = await outcomesOf(forwarder, plainBatch(1));
    expect(outcome).toMatchObject({ kind: 'paused', reason: expect.not.stringMatching(/abc|def/) });
    expect(server.headers).toHaveLength(0);
  });

  test('an answer too long to read is known by its status', async () => {
    await using server = await startHec();
    await using forwarder = await open(server);
    server.answer = { status: 413, body: `<html>${'x'.repeat(3_000_000)}` };
    expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({ kind: 'split' });
  });

  test('a redirect is not followed: the token goes to the destination that was configured and to no other', async () => {
    await using elsewhere = await startHec();
    await using server = await startHec();
    await using forwarder = await open(server);
    server.answer = { status: 307, body: '', headers: { location: `${elsewhere.url}/services/collector/event` } };
    expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({ kind: 'paused' });
    expect(elsewhere.headers).toHaveLength(0);
  });

  test('an event of more characters than Splunk extracts at search time is still sent whole', async () => {
    await using server = await startHec();
    await using forwarder = await open(server);
    await outcomesOf(forwarder, batch(['x'.repeat(20_000)]));
    expect(server.envelopes[0]?.event).toMatchObject({ message: 'x'.repeat(20_000) });
  });

  test('every request names the same channel, so that a token with acknowledgement takes it', async () => {
    await using server = await startHec();
    await using forwarder = await open(server);
    await outcomesOf(forwarder, plainBatch(1));
    await outcomesOf(forwarder, plainBatch(1, 2));
    const channels = server.headers.map((headers) => headers['x-splunk-request-channel']);
    expect(channels[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(channels).toEqual([channels[0], channels[0]]);
  });

  test('a full batch with its envelopes and its records stays below what Splunk Cloud takes', async () => {
    await using server = await startHec();
    for (const original of [false, true]) {
      const parts = forwarderParts({ document: { original, tags: ['siem'] } });
      await using forwarder = await splunkHec.open(options(server, { gzip: false }), parts);
      const { events, bytes } = forwarder.limits;
      const one = batch(['x']).documents.bytes.length;
      await outcomesOf(
        forwarder,
        batch(Array.from({ length: events }, () => 'x'.repeat(Math.floor(bytes / events) - one))),
      );
    }
    for (const headers of server.headers) expect(Number(headers['content-length'])).toBeLessThanOrEqual(900_000);
  });

  test('its certificate is checked, and one that is not trusted or for another name pauses the lane', async () => {
    using folder = temporaryFolder();
    const ca = join(folder.path, 'ca.pem');
    const { private: key, cert } = await certificate('localhost');
    writeFileSync(ca, cert);
    await using server = await startHec('token', { key, cert });
    const first = async (host: string, tls: Given['tls']): Promise<unknown> => {
      const url = server.url.replace('127.0.0.1', host);
      await using forwarder = await open(server, { url, ...(tls && { tls }) });
      return (await outcomesOf(forwarder, plainBatch(1)))[0];
    };
    expect(await first('localhost', { ca })).toMatchObject({ kind: 'delivered', proof: 'accepted' });
    expect(await first('localhost', undefined)).toMatchObject({
      kind: 'paused',
      reason: expect.stringMatching(/^TLS: .*self-signed/),
    });
    expect(await first('127.0.0.1', { ca })).toMatchObject({
      kind: 'paused',
      reason: expect.stringContaining('127.0.0.1'),
    });
    expect(server.envelopes).toHaveLength(1);
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

  test('an answer that is JSON and yet no HEC answer is known by its status', () => {
    for (const body of ['null', '[]', '{}', '{"code":"0"}', '"code"']) {
      expect(kind(500, null, body)).toBe('retry');
      expect(kind(200, null, body)).toBe('ambiguous');
    }
  });

  test.each([-1, 0.5, 2, 1e300, '0', null])('a number of the refused event that is none (%p): halves', (invalid) => {
    const body = JSON.stringify({ text: 'Invalid data format', code: 6, 'invalid-event-number': invalid });
    const outcomes = hecOutcomes(plainBatch(2), { status: 400, body, retryAfter: null }, 0);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['split', 'split']);
  });

  test('events before the refused one are taken, those behind are not, wherever it stands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), fc.constantFrom(6, 12, 13, 15), (n, place, code) => {
        const at = place % n;
        const body = JSON.stringify({ text: 'text', code, 'invalid-event-number': at });
        const outcomes = hecOutcomes(plainBatch(n), { status: 400, body, retryAfter: null }, 0);
        expect(outcomes.map((outcome) => outcome.kind)).toEqual([
          ...Array<string>(at).fill('delivered'),
          'rejected',
          ...Array<string>(n - at - 1).fill('retry'),
        ]);
      }),
      { numRuns: 30 },
    );
  });

  test('Retry-After is honoured', () => {
    const reply = { status: 503, body: JSON.stringify({ text: 'Server is busy', code: 9 }), retryAfter: '3' };
    expect(hecOutcomes(one, reply, 0)[0]).toMatchObject({ kind: 'retry', afterMs: 3_000 });
  });
});
