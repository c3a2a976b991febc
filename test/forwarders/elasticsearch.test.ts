import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Secret } from '../../config/secrets.ts';
import { elasticsearch } from '../../forwarders/elasticsearch.ts';
import { itemOutcome, requestOutcome } from '../../forwarders/elasticsearch-outcomes.ts';
import type { Forwarder } from '../../forwarders/forwarder.ts';
import { batch, forwarderParts, plainBatch } from '../support/batches.ts';
import { idOf } from '../support/blocks.ts';
import { describeForwarder, outcomesOf } from '../support/describe-forwarder.ts';
import { startElasticsearch, type ElasticsearchServer } from '../support/elasticsearch-server.ts';

const item = (status: number, type?: string, reason?: string, failureStore?: string) =>
  itemOutcome({
    create: {
      status,
      ...(type !== undefined && { error: { type, reason: reason ?? '' } }),
      ...(failureStore !== undefined && { failure_store: failureStore }),
    },
  });

type Given = Parameters<typeof elasticsearch.open>[0];
const options = (server: ElasticsearchServer, change: Partial<Given> = {}): Given => ({
  nodes: [server.url],
  namespace: 'default',
  gzip: true,
  timeout_ms: 5_000,
  ...change,
});
const open = (server: ElasticsearchServer, change: Partial<Given> = {}): Promise<Forwarder> =>
  elasticsearch.open(options(server, change), forwarderParts());

describeForwarder('elasticsearch', async () => {
  const server = await startElasticsearch();
  return {
    namespace: 'default',
    open: (parts) => elasticsearch.open(options(server), parts),
    received: () => server.documents(),
    refuse(text) {
      server.faults.refuse = (document) =>
        document.includes(text) ? { status: 400, type: 'document_parsing_exception', reason: 'no' } : null;
    },
    down: async () => server[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  };
});

describe('an elasticsearch destination', () => {
  test('stores an event once however often it is sent: the second time is a duplicate', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server);
    await outcomesOf(forwarder, plainBatch(3));
    const again = await outcomesOf(forwarder, plainBatch(3));
    expect(again).toEqual(Array(3).fill({ kind: 'delivered', proof: 'confirmed', duplicate: true }));
    expect(server.counts()).toMatchObject({ stored: 3, duplicates: 3 });
  });

  test('writes to the data stream of the dataset and namespace, with ids, and asks for little', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server, { namespace: 'prod', pipeline: 'geo' });
    await outcomesOf(forwarder, plainBatch(1));
    expect(server.ids()).toEqual([`logs-keepit.audit-prod ${idOf(1)}`]);
    const bulk = server.requests.at(-1)!;
    expect(bulk.path).toContain('/logs-keepit.audit-prod/_bulk?');
    expect(bulk.path).toContain('require_data_stream=true');
    expect(bulk.path).toContain('pipeline=geo');
    expect(bulk.headers['content-type']).toBe('application/x-ndjson');
    expect(bulk.headers.accept).not.toContain('compatible-with');
  });

  test('a batch of two datasets goes to both streams in one request', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server);
    const events = batch(['a', 'b', 'c'], 1, ({ id }) => (id === idOf(2) ? { dataset: 'audit_relay.audit' } : {}));
    await outcomesOf(forwarder, events);
    expect(server.ids().map((line) => line.split(' ')[0])).toEqual([
      'logs-keepit.audit-default',
      'logs-audit_relay.audit-default',
      'logs-keepit.audit-default',
    ]);
    expect(JSON.parse(server.documents()[1]!)).toMatchObject({
      data_stream: { type: 'logs', dataset: 'audit_relay.audit', namespace: 'default' },
    });
  });

  test('authenticates with an API key or with a name and a password', async () => {
    await using server = await startElasticsearch();
    await using byKey = await open(server, { api_key: new Secret('c2VjcmV0') });
    await outcomesOf(byKey, plainBatch(1));
    expect(server.requests.at(-1)!.headers.authorization).toBe('ApiKey c2VjcmV0');
    await using byName = await open(server, { username: 'relay', password: new Secret('pass') });
    await outcomesOf(byName, plainBatch(1));
    expect(server.requests.at(-1)!.headers.authorization).toBe(`Basic ${Buffer.from('relay:pass').toString('base64')}`);
  });

  test('pauses while there is no data stream, and goes on when there is', async () => {
    await using server = await startElasticsearch();
    for (const distribution of ['elasticsearch', 'opensearch'] as const) {
      server.distribution = distribution;
      server.streams = new Set();
      await using forwarder = await open(server);
      const [outcome] = await outcomesOf(forwarder, plainBatch(1));
      expect(outcome).toMatchObject({ kind: 'paused', reason: expect.stringContaining('logs-keepit.audit-default') });
      server.templates = true;
      expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({ kind: 'delivered' });
      expect(server.streams).toEqual(new Set(['logs-keepit.audit-default']));
      server.templates = false;
    }
  });

  test('an event that quotes what a fault says is still only an event', async () => {
    expect(
      item(
        400,
        'mapper_parsing_exception',
        "failed to parse field [x]. Preview of field's value: 'see the pipeline page'",
      ),
    ).toMatchObject({ kind: 'rejected' });
    expect(
      item(400, 'document_parsing_exception', '[1:9] failed to parse: Limit of total fields [1000] has been exceeded'),
    ).toMatchObject({ kind: 'paused' });
  });

  test('an abort while a request is under way, or being compressed, ends it at once', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server, { timeout_ms: 60_000 });
    await outcomesOf(forwarder, plainBatch(1));
    server.faults = { hang: true };
    for (const turns of [0, 1, 200]) {
      const stop = new AbortController();
      const { outcomes } = await forwarder.send(plainBatch(500, 2), stop.signal);
      const sent = expect(outcomes).rejects.toThrow('stopping');
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Error('stopping'));
      await sent;
    }
  });

  test('a server that could not say what it is is asked again', async () => {
    await using server = await startElasticsearch();
    server.distribution = 'opensearch';
    await using forwarder = await open(server);
    for (const [status, kind] of [
      [408, 'retry'],
      [403, 'paused'],
      [200, 'paused'],
      [503, 'retry'],
    ] as const) {
      server.faults = { answer: { status, body: '<html>no</html>' } };
      expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({ kind });
    }
    server.faults = {};
    expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({ kind: 'delivered' });
  });

  test('an answer that calls itself JSON and is not pauses the lane and is not shown', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server);
    await outcomesOf(forwarder, plainBatch(1));
    server.faults = { answer: { status: 200, body: 'secret-token=abc', type: 'application/json' } };
    const [outcome] = await outcomesOf(forwarder, plainBatch(1));
    expect(outcome).toMatchObject({ kind: 'paused' });
    expect(JSON.stringify(outcome)).not.toContain('secret-token');
  });

  test('never sends OpenSearch a parameter that it does not know', async () => {
    await using server = await startElasticsearch();
    server.distribution = 'opensearch';
    await using forwarder = await open(server);
    expect((await outcomesOf(forwarder, plainBatch(2))).every(({ kind }) => kind === 'delivered')).toBe(true);
  });

  test('a reset after the request was sent is ambiguous; nobody listening is not', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server);
    await outcomesOf(forwarder, plainBatch(1));
    server.faults = { pResetAfter: 1 };
    expect((await outcomesOf(forwarder, plainBatch(1, 2)))[0]).toMatchObject({ kind: 'ambiguous' });
    server.faults = {};
    expect((await outcomesOf(forwarder, plainBatch(1, 2)))[0]).toMatchObject({ kind: 'delivered', duplicate: true });
  });

  test('an answer that does not come within the time is ambiguous', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server, { timeout_ms: 200 });
    await outcomesOf(forwarder, plainBatch(1));
    server.faults = { hang: true };
    expect((await outcomesOf(forwarder, plainBatch(1, 2)))[0]).toMatchObject({ kind: 'ambiguous' });
  });

  test('a login page with status 200 pauses the lane and shows nothing of the page', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server);
    server.faults = { answer: { status: 200, body: '<html><body>token=abc</body></html>' } };
    const [outcome] = await outcomesOf(forwarder, plainBatch(1));
    expect(outcome).toMatchObject({ kind: 'paused', reason: expect.stringContaining('HTML page') });
    expect(JSON.stringify(outcome)).not.toContain('abc');
  });

  test('a body that is too large is to be halved, and Retry-After is honoured', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server);
    server.faults = { bodyBytesMax: 100 };
    expect((await outcomesOf(forwarder, plainBatch(2)))[0]).toMatchObject({ kind: 'split' });
    server.faults = { p429: 1, retryAfter: '7' };
    expect((await outcomesOf(forwarder, plainBatch(2)))[0]).toMatchObject({ kind: 'retry', afterMs: 7_000 });
  });

  test('a redirect is never followed with credentials', async () => {
    await using server = await startElasticsearch();
    await using forwarder = await open(server);
    server.faults = { answer: { status: 307, body: '' } };
    expect((await outcomesOf(forwarder, plainBatch(1)))[0]).toMatchObject({ kind: 'paused' });
  });

  test('nodes and cloud_id exclude each other', async () => {
    const given = { namespace: 'default', gzip: true, timeout_ms: 1_000 };
    await expect(elasticsearch.open(given, forwarderParts())).rejects.toThrow('either nodes or cloud_id');
  });

  test('whatever the server does, what is called delivered is stored and what is called rejected is not', async () => {
    await using server = await startElasticsearch({ seed: 7 });
    server.faults.refuse = (document) =>
      /event \d*7"/.test(document) ? { status: 400, type: 'mapper_parsing_exception', reason: 'bad' } : null;
    await using forwarder = await open(server);
    const rate = fc.constantFrom(0, 0, 0.3);
    let first = 1;
    await fc.assert(
      fc.asyncProperty(
        rate,
        rate,
        rate,
        rate,
        rate,
        fc.integer({ min: 1, max: 20 }),
        async (p429, p503, before, after, item, n) => {
          Object.assign(server.faults, { p429, p503, pResetBefore: before, pResetAfter: after, pItem429: item });
          const outcomes = await outcomesOf(forwarder, plainBatch(n, first));
          const stored = new Set(server.ids().map((line) => line.split(' ')[1]));
          outcomes.forEach(({ kind }, i) => {
            if (kind === 'delivered') expect(stored.has(idOf(first + i))).toBe(true);
            if (kind === 'rejected' || kind === 'retry') expect(stored.has(idOf(first + i))).toBe(false);
          });
          first += n;
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('what an answer of Elasticsearch means', () => {
  test.each([
    [item(201), 'delivered'],
    [item(201, undefined, undefined, 'used'), 'rejected'],
    [item(201, undefined, undefined, 'not_enabled'), 'delivered'],
    [item(409, 'version_conflict_engine_exception'), 'delivered'],
    [item(400, 'document_parsing_exception', 'Limit of total fields [1000] has been exceeded'), 'paused'],
    [item(400, 'illegal_argument_exception', 'Limit of total fields [1000] has been exceeded'), 'paused'],
    [item(400, 'document_parsing_exception', 'failed to parse field [source.ip]'), 'rejected'],
    [item(400, 'mapper_parsing_exception', 'failed to parse'), 'rejected'],
    [item(400, 'strict_dynamic_mapping_exception', 'mapping set to strict'), 'rejected'],
    [
      item(400, 'illegal_argument_exception', 'only write ops with an op_type of create are allowed in data streams'),
      'paused',
    ],
    [item(400, 'illegal_argument_exception', 'pipeline with id [geo] does not exist'), 'paused'],
    [item(403, 'security_exception'), 'paused'],
    [item(403, 'cluster_block_exception', 'index [x] blocked by: [FORBIDDEN/8/index write (api)];'), 'paused'],
    [item(404, 'index_not_found_exception'), 'paused'],
    [item(429, 'es_rejected_execution_exception'), 'retry'],
    [item(429, 'cluster_block_exception', 'TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark'), 'retry'],
    [item(500, 'null_pointer_exception'), 'retry'],
    [item(503, 'unavailable_shards_exception'), 'retry'],
    [item(0), 'ambiguous'],
  ])('item %j: %s', (outcome, kind) => {
    expect(outcome.kind).toBe(kind);
  });

  test('only a server error of one item makes its event suspect', () => {
    expect(item(500, 'x')).toMatchObject({ suspect: true });
    expect(item(503, 'x')).not.toHaveProperty('suspect');
  });

  const request = (status: number, type?: string, reason = '') =>
    requestOutcome(status, type === undefined ? 'proxy says no' : { error: { type, reason } }, undefined, 0);
  test.each([
    [request(400, 'media_type_header_exception'), 'paused'],
    [request(400, 'action_request_validation_exception'), 'split'],
    [request(400, 'illegal_argument_exception'), 'paused'],
    [request(401, 'security_exception'), 'paused'],
    [request(403), 'paused'],
    [request(404), 'paused'],
    [request(405), 'paused'],
    [request(408), 'retry'],
    [request(413), 'split'],
    [request(429, 'es_rejected_execution_exception'), 'retry'],
    [request(500), 'retry'],
    [request(502), 'retry'],
    [request(503), 'retry'],
    [request(504), 'retry'],
    [request(422), 'split'],
  ])('request %j: %s', (outcome, kind) => {
    expect(outcome.kind).toBe(kind);
  });

  test('a reason is one line of at most 500 characters, with status, type and what the server says', () => {
    const outcome = item(400, 'document_parsing_exception', `[1:2] failed\nto parse ${'x'.repeat(1_000)}`);
    expect(outcome).toMatchObject({
      reason: expect.stringMatching(/^400 document_parsing_exception: \[1:2\] failed to parse x+$/),
    });
    expect('reason' in outcome && outcome.reason).toHaveLength(500);
  });
});
