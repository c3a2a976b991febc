import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ecsProblems } from '../../mappings/ecs.ts';
import { loadPack, packPath, parsePack } from '../../mappings/pack.ts';
import type { Fields } from '../../mappings/record.ts';
import { auditRecord, mapped, READ_AT } from '../support/mapped.ts';

const pack = await loadPack('keepit');
const rows = pack.definition.events;
const event = (fields: Fields): ReturnType<typeof mapped> => mapped(pack, auditRecord(fields));

const api = {
  account: 'aaaaaa-bbbbbb-cccccc',
  token: 'jane@example.com',
  'client-ip': '203.0.113.7',
  acl: 'User',
  allowed: 'true',
  method: 'post',
  message: 'User created',
  succeeded: 'true',
  area: 'User events',
  company: 'Example Ltd',
  device: 'dddddd-eeeeee-ffffff',
  time: '2026-01-01T08:00:00.000Z',
  metadata: { target_user: 'john@example.com' },
} as const;
const csv = {
  User: 'jane@example.com',
  Area: 'user',
  Event: 'User created',
  'Event status': 'Succeeded',
  'IP address': '203.0.113.7',
  Time: '01 Jan 2026 08:00:00',
} as const;

test('the catalogue is whole: 58 rows of the help page and 8 others, each code and action once', () => {
  const listed = rows.filter(({ code }) => code < '9000');
  expect(listed).toHaveLength(58);
  expect(rows.map(({ code }) => code).filter((code) => code >= '9000')).toEqual(
    ['9000', '9001', '9002', '9010', '9011', '9012', '9013', '9090'], // prettier-ignore
  );
  expect(new Set(rows.map(({ code }) => code)).size).toBe(66);
  expect(new Set(rows.map(({ action }) => action)).size).toBe(66);
});

describe.each(
  rows.filter(({ kind, code }) => kind !== 'pipeline_error' && code !== '9000').map((row) => [row.code, row] as const),
)('row %s', (_, row) => {
  const keys = pack.definition.metadata?.keys ?? {};
  const metadata = Object.fromEntries(
    Object.values(row.fields ?? {}).map((name) => [keys[name]![0]!, 'jane@example.com']),
  );
  const flags = [
    { allowed: 'true', succeeded: 'true' },
    { allowed: 'true', succeeded: 'false' },
    { allowed: 'false', succeeded: 'false' },
    { allowed: '', succeeded: '' },
  ];
  const forms: readonly Fields[] = [
    ...flags.map((each) => ({ ...api, ...each, message: row.name, metadata })),
    ...flags.map((each) => ({ ...api, ...each, message: row.name, metadata: [{ key: 'target_user', value: 'x' }] })),
    ...['Succeeded', ' FAILED ', 'whatever', ''].map((word) => ({ ...csv, Event: row.name, 'Event status': word })),
  ];

  test('is valid ECS with any outcome in any form', () => {
    for (const fields of forms) {
      const { document, head } = event({ ...fields, area: row.code === '9002' ? 'Subaccount events' : 'x' });
      expect(ecsProblems(document)).toEqual([]);
      const relabelled = row.code === '1001' && head.outcome === 'failure';
      expect(head.code).toBe(relabelled ? '1031' : row.code);
    }
  });
});

test('the three forms of a record say the same', () => {
  const page = event({ ...csv });
  const named = event({ ...csv, Time: '2026-01-01 08:00:00' });
  for (const { document, head } of [page, named, event({ ...api, metadata: {} })]) {
    expect(document).toMatchObject({
      '@timestamp': '2026-01-01T08:00:00.000Z',
      event: { action: 'user-create', outcome: 'success', severity: 5 },
      user: { id: 'jane@example.com', name: 'jane@example.com', email: 'jane@example.com', domain: 'example.com' },
      source: { address: '203.0.113.7', ip: '203.0.113.7' },
      related: { user: ['jane@example.com'], ip: ['203.0.113.7'] },
    });
    expect(head).toMatchObject({ user: 'jane@example.com', area: 'user', ip: '203.0.113.7', code: '1041' });
  }
});

test('a whole event of the API', () => {
  const record = auditRecord({ ...api, surprise: { a: [1] } }, { tags: ['line-truncated'], path: '/var/log/a.ndjson' });
  expect(mapped(pack, record)).toEqual({
    document: {
      event: {
        action: 'user-create',
        category: ['iam'],
        code: '1041',
        created: READ_AT,
        dataset: 'keepit.audit',
        hash: record.hash,
        id: '5d3a18fd485f7252cacedaa7b7cc443f',
        kind: 'event',
        module: 'keepit',
        outcome: 'success',
        provider: 'User events',
        severity: 5,
        type: ['user', 'creation'],
      },
      '@timestamp': '2026-01-01T08:00:00.000Z',
      agent: { id: 'agent-1', name: 'host-1', type: 'audit-relay', version: '1.2.3' },
      ecs: { version: '9.4.0' },
      http: { request: { method: 'POST' } },
      keepit: {
        audit: {
          account: 'aaaaaa-bbbbbb-cccccc',
          acl: 'User',
          allowed: 'true',
          area: 'User events',
          company: 'Example Ltd',
          device: 'dddddd-eeeeee-ffffff',
          extra: { surprise: '{"a":[1]}' },
          metadata: { target_user: 'john@example.com' },
          method: 'post',
          succeeded: 'true',
        },
        connector: { id: 'dddddd-eeeeee-ffffff' },
      },
      log: { file: { path: '/var/log/a.ndjson' } },
      message: 'User created',
      observer: { vendor: 'Keepit', product: 'Keepit Audit Log', type: 'saas' },
      organization: { id: 'aaaaaa-bbbbbb-cccccc', name: 'Example Ltd' },
      related: { ip: ['203.0.113.7'], user: ['jane@example.com', 'john@example.com'] },
      source: { address: '203.0.113.7', ip: '203.0.113.7' },
      tags: ['prod', 'line-truncated'],
      user: {
        domain: 'example.com',
        email: 'jane@example.com',
        id: 'jane@example.com',
        name: 'jane@example.com',
        target: {
          domain: 'example.com',
          email: 'john@example.com',
          id: 'john@example.com',
          name: 'john@example.com',
        },
      },
    },
    head: {
      id: '5d3a18fd485f7252cacedaa7b7cc443f',
      time: '2026-01-01T08:00:00.000Z',
      dataset: 'keepit.audit',
      source: 'exported',
      user: 'jane@example.com',
      area: 'user',
      message: 'User created',
      outcome: 'success',
      ip: '203.0.113.7',
      action: 'user-create',
      code: '1041',
      severity: 5,
      target: 'john@example.com',
      connector: 'dddddd-eeeeee-ffffff',
      organization: 'Example Ltd',
    },
  });
});

test('a call that was not allowed is a failure with a reason and a tag', () => {
  const { document } = event({ ...api, allowed: false, succeeded: true });
  expect(document).toMatchObject({
    event: { outcome: 'failure', reason: 'not allowed' },
    tags: ['prod', 'access-denied'],
  });
});

test('nothing that says so is no success', () => {
  expect(event({ ...api, allowed: undefined, succeeded: 'perhaps' }).head.outcome).toBe('unknown');
});

test('what failed is a failure where its text says so, whatever the flags say', () => {
  expect(event({ ...api, message: 'Failed sign-in attempt' }).head).toMatchObject({ code: '1031', outcome: 'failure' });
});

test('a sign-in that failed is the event of a failed sign-in', () => {
  const { head } = event({ ...api, message: 'User signed in', succeeded: 'false' });
  expect(head).toMatchObject({ code: '1031', action: 'user-sign-in-failed', severity: 4 });
});

test('a call known for a sign-in that failed, with a message that does not say so, is a failed authentication', () => {
  const text = readFileSync(packPath('keepit'), 'utf8');
  const rule = 'exact: [{ acl: Token, method: put, message: Updated }]';
  const ruled = parsePack(text.replace('action: user-sign-in\n', `action: user-sign-in\n    ${rule}\n`), 'ruled.yaml');
  const call = { ...api, acl: 'Token', method: 'put', message: 'Updated' };
  expect(mapped(ruled, auditRecord(call)).head.code).toBe('1001');
  expect(mapped(ruled, auditRecord({ ...call, succeeded: 'false' })).head.code).toBe('1032');
});

test('a refused call that nothing recognises is access-denied; another is forwarded and counted by its shape', async () => {
  const fresh = await loadPack('keepit');
  const odd = (n: number, allowed: boolean): string =>
    mapped(fresh, auditRecord({ ...api, message: `Quota ${n} of "x${n}" for u${n}@example.com set`, allowed })).head
      .code;
  expect([odd(1, false), odd(1, true), odd(22, true)]).toEqual(['9001', '9000', '9000']);
  expect([...fresh.shapes]).toEqual([['Quota <n> of <text> for <email> set', 2]]);
});

test('a status word that says nothing is an unknown outcome, counted by its text', async () => {
  const fresh = await loadPack('keepit');
  const { head } = mapped(fresh, auditRecord({ ...csv, 'Event status': 'Pending' }));
  expect(head.outcome).toBe('unknown');
  expect([...fresh.shapes]).toEqual([['event status: Pending', 1]]);
});

test('a shape holds no id of an account or connector', async () => {
  const fresh = await loadPack('keepit');
  for (const id of ['kx91ab-zz82qp-mm33tt', 'abcxyz-qwerty-asdfgh'])
    mapped(fresh, auditRecord({ ...api, message: `Quota of ${id} set` }));
  expect([...fresh.shapes]).toEqual([['Quota of <id> set', 2]]);
});

test('at most 1,000 shapes are told apart', async () => {
  const fresh = await loadPack('keepit');
  const letters = (n: number): string => String(n).replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)]!);
  for (let n = 0; n < 1_500; n++) mapped(fresh, auditRecord({ ...api, message: `Quux ${letters(n)}` }));
  expect(fresh.shapes.size).toBe(1_000);
  expect([...fresh.shapes.values()].reduce((sum, count) => sum + count, 0)).toBe(1_500);
});

test('the name of an API token is no e-mail address', () => {
  expect(event({ ...api, token: 'backup-reader' }).document).toMatchObject({
    user: { name: 'backup-reader' },
    keepit: { token: { name: 'backup-reader' } },
    tags: ['prod', 'api-token'],
  });
});

test('Unknown stands for nothing known', () => {
  const { document, head } = event({ ...csv, User: 'Unknown', 'IP address': 'unknown' });
  expect(document).not.toHaveProperty('user');
  expect(document).not.toHaveProperty('source');
  expect(document).not.toHaveProperty('related');
  expect(head).toMatchObject({ user: null, ip: null });
});

test('an address that is none is kept as text only', () => {
  expect(event({ ...api, 'client-ip': '10.0.0.1, 10.0.0.2' }).document['source']).toEqual({
    address: '10.0.0.1, 10.0.0.2',
  });
});

test('a time that cannot be read is the time of reading, and said so', () => {
  const { document, head } = event({ ...api, time: 'yesterday' });
  expect(document).toMatchObject({ '@timestamp': READ_AT, tags: ['prod', 'timestamp-missing'] });
  expect(head.time).toBe(READ_AT);
});

test("times without a zone are of the source's zone", () => {
  const { head } = mapped(pack, auditRecord({ ...csv, Time: '2026-07-01 08:00:00' }), 'Europe/Copenhagen');
  expect(head.time).toBe('2026-07-01T06:00:00.000Z');
});

test('old and new values go where ECS has a place for them', () => {
  const changed = { old_value: 'Jane', new_value: 'Janet' };
  expect(event({ ...api, message: 'Username changed', metadata: changed }).document).toMatchObject({
    user: { name: 'jane@example.com', target: { name: 'Jane' }, changes: { name: 'Janet' } },
    related: { user: ['jane@example.com', 'Jane', 'Janet'] },
  });
  expect(event({ ...api, message: 'Company name changed', metadata: changed }).document).toMatchObject({
    organization: { id: 'aaaaaa-bbbbbb-cccccc', name: 'Janet' },
    keepit: { change: { old: 'Jane', new: 'Janet' } },
  });
});

test('a password in the metadata does not leave the record', () => {
  const { document } = event({ ...api, message: 'User password changed', metadata: { New_Password: 'hunter2' } });
  expect(JSON.stringify(document)).not.toContain('hunter2');
  expect(document).toMatchObject({ keepit: { audit: { metadata: { New_Password: '[redacted]' } } } });
});

test.each([
  ['User password changed', { old_value: 'hunter2', new_value: 'hunter2' }],
  ['Password added to shared link', { new_value: 'hunter2' }],
  ['Shared link created', { url: 'https://dk-co.keepit.com/s/hunter2' }],
  ['SIEM integration added', { token: 'hunter2', endpoint: 'https://hunter2@siem.example' }],
])('%s: what is secret in it stays in the record', (message, metadata) => {
  const { document, head } = event({ ...api, message, metadata, password: 'hunter2' });
  expect(JSON.stringify([document, head])).not.toContain('hunter2');
  expect(document).toMatchObject({ keepit: { audit: { extra: { password: '[redacted]' } } } });
});

test('a token has a target only when it is of another user than the one who made it', () => {
  const made = (target_user: string): unknown =>
    event({ ...api, message: 'API token created', metadata: { target_user } }).document['user'];
  expect(made('Jane@example.com')).not.toHaveProperty('target');
  expect(made('john@example.com')).toHaveProperty('target.name', 'john@example.com');
  expect(
    event({ ...api, message: 'User password changed', metadata: { target_user: 'jane@example.com' } }).document,
  ).toHaveProperty('user.target.name', 'jane@example.com');
});

test.each([
  [{ a: 1 }],
  [[{ key: 'a', value: 1 }]],
  [{ parameter: { key: 'a', value: '1' } }],
  [{ parameter: [{ key: 'a', value: '1' }] }],
])('metadata %j is the same text', (metadata) => {
  expect(event({ ...api, metadata }).document).toMatchObject({ keepit: { audit: { metadata: { a: '1' } } } });
});
