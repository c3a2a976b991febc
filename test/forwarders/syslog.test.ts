import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Forwarder, ForwarderParts } from '../../forwarders/forwarder.ts';
import { frame } from '../../forwarders/framing.ts';
import { headerWriter } from '../../forwarders/rfc5424.ts';
import { syslog } from '../../forwarders/syslog.ts';
import { parseHead } from '../../mappings/events.ts';
import { slice } from '../../mappings/slices.ts';
import { batch, forwarderParts, hostileTexts, plainBatch } from '../support/batches.ts';
import { idOf } from '../support/blocks.ts';
import { certificate } from '../support/certificate.ts';
import { describeForwarder, outcomesOf } from '../support/describe-forwarder.ts';
import { eventually } from '../support/fake-clock.ts';
import { parseSyslog } from '../support/parse-syslog.ts';
import { FrameReader, startSyslogDatagrams, startSyslogStream, type SyslogServer } from '../support/syslog-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Given = Parameters<typeof syslog.open>[0];
const open = (
  address: string,
  change: Partial<Given> = {},
  parts: ForwarderParts = forwarderParts(),
): Promise<Forwarder> =>
  syslog.open(
    {
      address,
      protocol: 'rfc5424',
      payload: 'json',
      enterprise_number: 32473,
      facility: 13,
      app_name: 'keepit-audit',
      framing: 'octet-counting',
      bom: false,
      timeout_ms: 5_000,
      ...change,
    },
    parts,
  );

/** ASCII JSON back as the document it was. */
const document = (message: Buffer): string => JSON.stringify(JSON.parse(parseSyslog(message).message));

for (const [name, scheme, start] of [
  ['syslog over TCP', 'tcp', startSyslogStream],
  ['syslog over UDP', 'udp', startSyslogDatagrams],
] as const) {
  describeForwarder(name, async () => {
    const server: SyslogServer = await start();
    return {
      open: (parts) => open(`${scheme}://127.0.0.1:${server.port}`, { max_length: 60_000 }, parts),
      received: () => server.messages.map(document),
      // Nobody tells a sender of datagrams that nobody listens.
      ...(scheme === 'tcp' && { down: async () => server[Symbol.asyncDispose]() }),
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]().then(undefined, () => undefined);
      },
    };
  });
}

describe('a syslog message', () => {
  const sender = {
    facility: 13,
    hostname: 'relay.example',
    appName: 'keepit-audit',
    procId: '42',
    enterpriseNumber: 32473,
    software: 'audit-relay',
    version: '0.1.0',
  };
  const head = parseHead(slice(plainBatch(1).heads, 0));

  test('has the event’s own time, severity and action, and its id in structured data', () => {
    const message = parseSyslog(
      Buffer.from(`${headerWriter(sender)({ ...head, severity: 4, target: 'joe' }, 7, false)}{}`),
    );
    expect(message).toMatchObject({
      priority: 13 * 8 + 4,
      time: head.time,
      hostname: 'relay.example',
      appName: 'keepit-audit',
      procId: '42',
      msgId: 'user-sign-in',
      message: '{}',
    });
    expect(message.elements).toEqual({
      meta: { sequenceId: '7' },
      origin: { software: 'audit-relay', swVersion: '0.1.0' },
      'audit@32473': {
        id: idOf(1),
        code: '1001',
        dataset: 'keepit.audit',
        outcome: 'success',
        user: 'jane@example.com',
        src: '203.0.113.7',
        target: 'joe',
        organization: 'aaaaaa-bbbbbb-cccccc',
      },
    });
  });

  test('parses back equal whatever its values hold, and never has a control character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 1 }),
        (user, target, sequence) => {
          const bytes = Buffer.from(`${headerWriter(sender)({ ...head, user, target }, sequence, true)}{}`);
          expect([...bytes].every((byte) => byte >= 0x20 && byte !== 0x7f)).toBe(true);
          const { elements } = parseSyslog(bytes);
          const clean = (text: string): string => text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
          expect(elements['audit@32473']).toMatchObject({
            user: clean(user),
            target: clean(target),
            truncated: 'true',
          });
          const id = Number(elements['meta']!['sequenceId']);
          expect(id >= 1 && id <= 2_147_483_647).toBe(true);
        },
      ),
    );
  });

  test('names are printable ASCII of the lengths of the standard', () => {
    const odd = { ...sender, hostname: 'höst name', appName: 'x'.repeat(60), procId: '' };
    expect(parseSyslog(Buffer.from(`${headerWriter(odd)(head, 1, false)}{}`))).toMatchObject({
      hostname: 'h_st_name',
      appName: 'x'.repeat(48),
      procId: '-',
    });
  });
});

test('frames come back as the messages they were, wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (messages, cuts) => {
        const sent = messages.filter((message) => message.length > 0).map((message) => Buffer.from(message));
        const stream = frame(sent, 'octet-counting');
        const reader = new FrameReader();
        const got: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++)
          got.push(...reader.push(stream.subarray(at, (at += cuts[i % cuts.length]!))));
        expect(got).toEqual(sent);
      },
    ),
  );
});

describe('a syslog destination', () => {
  test('sends pure ASCII unless it is told to send a byte order mark', async () => {
    await using server = await startSyslogStream();
    await using ascii = await open(`tcp://127.0.0.1:${server.port}`);
    await using bom = await open(`tcp://127.0.0.1:${server.port}`, { bom: true });
    await outcomesOf(ascii, batch(['café 😀 \u007f']));
    await outcomesOf(bom, batch(['café 😀'], 2));
    await eventually(() => server.messages.length === 2, 'both');
    const [plain, marked] = server.messages as [Buffer, Buffer];
    expect([...plain].every((byte) => byte >= 0x20 && byte < 0x7f)).toBe(true);
    expect(JSON.parse(parseSyslog(plain).message)).toMatchObject({ message: 'café 😀 \u007f' });
    expect(marked.includes(Buffer.from('\ufeff{"event"'))).toBe(true);
  });

  test('a message that is too long loses its message’s end and says so; one that never fits is rejected with both sizes', async () => {
    await using server = await startSyslogDatagrams();
    await using forwarder = await open(`udp://127.0.0.1:${server.port}`);
    const [cut] = await outcomesOf(forwarder, batch([`start ${'é'.repeat(3_000)}`]));
    expect(cut).toMatchObject({ kind: 'delivered', proof: 'sent' });
    await eventually(() => server.messages.length === 1, 'the message');
    expect(server.messages[0]!.length).toBeLessThanOrEqual(1_180);
    const message = parseSyslog(server.messages[0]!);
    expect(message.elements['audit@32473']).toMatchObject({ truncated: 'true' });
    expect(JSON.parse(message.message)).toMatchObject({ message: expect.stringMatching(/^start é+$/) });
    await using tiny = await open(`udp://127.0.0.1:${server.port}`, { max_length: 480 });
    expect(
      (
        await outcomesOf(
          tiny,
          batch([`x`], 2, () => ({ user: 'u'.repeat(250), target: 't'.repeat(250) })),
        )
      )[0],
    ).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(/has \d+ octets and does not fit 480/),
    });
  });

  test('goes on over a new connection when the receiver has closed the old one', async () => {
    await using server = await startSyslogStream();
    await using forwarder = await open(`tcp://127.0.0.1:${server.port}`);
    await outcomesOf(forwarder, plainBatch(2));
    await eventually(() => server.messages.length === 2, 'the first');
    for (const socket of server.sockets) socket.end();
    await eventually(() => server.sockets.size === 0, 'the end of the connection');
    expect((await outcomesOf(forwarder, plainBatch(2, 3)))[0]).toMatchObject({ kind: 'delivered' });
    await eventually(() => server.messages.length === 4, 'the second');
  });

  test('closing waits until the receiver has read everything', async () => {
    await using server = await startSyslogStream();
    const forwarder = await open(`tcp://127.0.0.1:${server.port}`);
    await outcomesOf(forwarder, plainBatch(500));
    await forwarder[Symbol.asyncDispose]();
    expect(server.messages).toHaveLength(500);
  });

  test('a receiver that reads nothing is ambiguous in time, not waited for for ever', async () => {
    const sockets: { destroy(): void }[] = [];
    const silent = createServer((socket) => sockets.push(socket.pause()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const forwarder = await open(`tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`, {
      timeout_ms: 300,
      max_length: 60_000,
    });
    const big = batch(Array.from({ length: 400 }, () => 'x'.repeat(50_000)));
    expect((await outcomesOf(forwarder, big))[0]).toMatchObject({
      kind: 'ambiguous',
      reason: expect.stringContaining('within 300 ms'),
    });
    for (const socket of sockets) socket.destroy();
    await forwarder[Symbol.asyncDispose]();
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe('syslog over TLS', () => {
  async function first(name: string, change: Partial<Given>, days?: number) {
    using folder = temporaryFolder();
    const { private: key, cert } = await certificate(name, days);
    const ca = join(folder.path, 'ca.pem');
    writeFileSync(ca, cert);
    await using server = await startSyslogStream({ key, cert });
    const { tls, ...rest } = change;
    await using forwarder = await open(`tls://localhost:${server.port}`, {
      ...rest,
      tls: {
        ...(tls?.ca === '' ? {} : { ca }),
        ...(tls?.server_name && { server_name: tls.server_name }),
        ...(tls?.fingerprint && { fingerprint: tls.fingerprint }),
      },
    });
    const [outcome] = await outcomesOf(forwarder, batch(hostileTexts.slice(0, 3)));
    if (outcome!.kind === 'delivered') await eventually(() => server.messages.length === 3, 'all');
    return outcome!;
  }

  test('delivers to a receiver whose certificate is trusted and right', async () => {
    expect(await first('localhost', {})).toMatchObject({ kind: 'delivered', proof: 'sent' });
  });

  test('another name in the certificate pauses the lane and is named; server_name says which is meant', async () => {
    expect(await first('siem.internal', {})).toMatchObject({
      kind: 'paused',
      reason: expect.stringContaining('siem.internal'),
    });
    expect(await first('siem.internal', { tls: { server_name: 'siem.internal' } })).toMatchObject({
      kind: 'delivered',
    });
  });

  test('a certificate that nobody vouches for, that has expired, or with another fingerprint pauses the lane', async () => {
    expect(await first('localhost', { tls: { ca: '' } })).toMatchObject({
      kind: 'paused',
      reason: expect.stringMatching(/self-signed/),
    });
    expect(await first('localhost', {}, -1)).toMatchObject({
      kind: 'paused',
      reason: expect.stringMatching(/expired/),
    });
    const fingerprint = Array(32).fill('AB').join(':');
    expect(await first('localhost', { tls: { fingerprint } })).toMatchObject({
      kind: 'paused',
      reason: expect.stringContaining(fingerprint),
    });
  });
});

test('a real rsyslogd takes a batch apart into the same messages and fields', async () => {
  const program = '/usr/sbin/rsyslogd';
  if (!existsSync(program)) {
    if (process.env['CI']) throw new Error('rsyslogd is missing: apt-get install rsyslog');
    process.stderr.write('skipped: rsyslogd is missing; apt-get install rsyslog\n');
    return;
  }
  using folder = temporaryFolder();
  const port = await freePort();
  const output = join(folder.path, 'out.log');
  mkdirSync(join(folder.path, 'work'));
  writeFileSync(
    join(folder.path, 'rsyslog.conf'),
    `global(workDirectory="${folder.path}/work" maxMessageSize="64k")
module(load="imtcp")
template(name="parts" type="list") {
  property(name="msgid") constant(value="|") property(name="syslogfacility") constant(value="|") property(name="syslogseverity")
  constant(value="|") property(name="structured-data") constant(value="|") property(name="msg") constant(value="\\n") }
input(type="imtcp" port="${port}" address="127.0.0.1")
action(type="omfile" file="${output}" template="parts")
`,
  );
  const child = spawn(program, ['-n', '-f', join(folder.path, 'rsyslog.conf'), '-i', join(folder.path, 'pid')], {
    stdio: 'ignore',
  });
  try {
    const forwarder = await open(`tcp://127.0.0.1:${port}`, { max_length: 60_000 });
    const events = batch(hostileTexts);
    await eventually(
      async () => (await outcomesOf(forwarder, plainBatch(1, 1000)))[0]!.kind === 'delivered',
      'rsyslogd to listen',
    );
    await outcomesOf(forwarder, events);
    await forwarder[Symbol.asyncDispose]();
    const lines = (): string[] => (existsSync(output) ? readFileSync(output, 'utf8').split('\n').slice(0, -1) : []);
    await eventually(
      () => lines().filter((line) => !line.includes('event 1000')).length >= hostileTexts.length,
      'all messages',
    );
    const got = lines().filter((line) => !line.includes('event 1000'));
    expect(got).toHaveLength(hostileTexts.length);
    got.forEach((line, i) => {
      const [msgid, facility, severity, data, ...rest] = line.split('|') as [
        string,
        string,
        string,
        string,
        ...string[],
      ];
      expect([msgid, facility, severity]).toEqual(['user-sign-in', '13', '6']);
      expect(data).toContain(`id="${idOf(1 + i)}"`);
      expect(JSON.parse(rest.join('|'))).toMatchObject({ message: hostileTexts[i] });
    });
  } finally {
    child.kill('SIGTERM');
  }
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
