import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../agent/clock.ts';
import type { Clock } from '../../forwarders/clock.ts';
import type { Forwarder, ForwarderParts } from '../../forwarders/forwarder.ts';
import { frame } from '../../forwarders/framing.ts';
import { headerWriter } from '../../forwarders/rfc5424.ts';
import { sendQueue } from '../../forwarders/send-queue.ts';
import { syslogMessage } from '../../forwarders/syslog-message.ts';
import { PROBATION_MS } from '../../forwarders/syslog-stream.ts';
import { syslog } from '../../forwarders/syslog.ts';
import { documentWriter } from '../../mappings/document.ts';
import { parseHead } from '../../mappings/events.ts';
import { slice } from '../../mappings/slices.ts';
import { batch, forwarderParts, hostileTexts, plainBatch } from '../support/batches.ts';
import { idOf } from '../support/blocks.ts';
import { certificate } from '../support/certificate.ts';
import { describeForwarder, outcomesOf, type Destination } from '../support/describe-forwarder.ts';
import { eventually } from '../support/fake-clock.ts';
import { parseSyslog } from '../support/parse-syslog.ts';
import { FrameReader, startSyslogDatagrams, startSyslogStream, type SyslogServer } from '../support/syslog-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Given = Parameters<typeof syslog.open>[0];
const open = (address: string, change: Partial<Given> = {}, given: ForwarderParts = parts()): Promise<Forwarder> =>
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
    given,
  );

/** The system's clock, but for the second in which a new connection is watched. */
const hurried: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  random: () => systemClock.random(),
  sleep: (ms, signal) => systemClock.sleep(ms === PROBATION_MS ? 50 : ms, signal),
};
const parts = (change: Partial<ForwarderParts> = {}): ForwarderParts => forwarderParts({ clock: hurried, ...change });

/** ASCII JSON back as the document it was. */
const document = (message: Buffer): string => JSON.stringify(JSON.parse(parseSyslog(message).message));

describeForwarder('syslog over TCP', async () => destination(await startSyslogStream(), 'tcp://127.0.0.1'));
describeForwarder('syslog over UDP', async () => destination(await startSyslogDatagrams(), 'udp://127.0.0.1'));
describeForwarder('syslog over TLS', async () => {
  const folder = temporaryFolder();
  const ca = join(folder.path, 'ca.pem');
  const { private: key, cert } = await certificate('localhost');
  writeFileSync(ca, cert);
  return destination(await startSyslogStream({ key, cert }), 'tls://localhost', { tls: { ca } }, folder);
});

function destination(
  server: SyslogServer,
  host: string,
  change: Partial<Given> = {},
  folder?: Disposable,
): Destination {
  return {
    open: (given) => open(`${host}:${server.port}`, { max_length: 60_000, ...change }, { ...given, clock: hurried }),
    received: () => server.messages.map(document),
    // Nobody tells a sender of datagrams that nobody listens any more, if not by chance.
    ...(!host.startsWith('udp') && { down: async () => server[Symbol.asyncDispose]() }),
    [Symbol.asyncDispose]: async () => {
      folder?.[Symbol.dispose]();
      await server[Symbol.asyncDispose]().then(undefined, () => undefined);
    },
  };
}

const sender = {
  facility: 13,
  hostname: 'relay.example',
  appName: 'keepit-audit',
  procId: '42',
  enterpriseNumber: 32473,
  software: 'audit-relay',
  version: '0.1.0',
};

describe('a syslog message', () => {
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

describe('a message that is too long', () => {
  const fields = {
    event: { id: idOf(1), original: 'o'.repeat(400), action: 'user-sign-in' },
    keepit: { audit: { metadata: { a: 'm'.repeat(400) }, extra: { b: 'e'.repeat(400) }, area: 'user' } },
    user_agent: { original: 'u'.repeat(400) },
    message: 'é😀'.repeat(200),
  };
  const events = plainBatch(1);
  const header = headerWriter(sender);
  const cut = (maxLength: number, bom = false): Buffer | string =>
    syslogMessage(events, 0, { header, maxLength, bom, document: (out) => out.text(JSON.stringify(fields)) });
  const parsed = (message: Buffer | string): Record<string, unknown> =>
    JSON.parse(parseSyslog(message as Buffer).message.replace('\ufeff', '')) as Record<string, unknown>;

  test('loses fields in a fixed order, and its text last and only as much of it as it must', () => {
    const { keepit, user_agent, message } = fields;
    const event = { id: fields.event.id, action: fields.event.action };
    const { metadata, extra, area } = keepit.audit;
    const whole = (cut(65_536) as Buffer).length;
    const marked = ' truncated="true"'.length;
    const got = [0, 1, 420, 840, 1_260].map((less) => parsed(cut(whole - less + (less > 1 ? marked : 0))));
    expect(got).toEqual([
      fields,
      { event, keepit, user_agent, message },
      { event, keepit: { audit: { extra, area } }, user_agent, message },
      { event, keepit: { audit: { area } }, user_agent, message },
      { event, keepit: { audit: { area } }, message },
    ]);
    expect(metadata).toBeDefined();
  });

  test('always fits, is whole JSON with the start of its text, and says so; or is rejected with both sizes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 480, max: 6_000 }), fc.boolean(), (maxLength, bom) => {
        const message = cut(maxLength, bom);
        if (typeof message === 'string')
          return expect(message).toMatch(new RegExp(`octets and does not fit ${maxLength},`));
        expect(message.length).toBeLessThanOrEqual(maxLength);
        const document = parsed(message);
        expect(fields.message.startsWith(document['message'] as string)).toBe(true);
        expect((document['message'] as string).isWellFormed()).toBe(true);
        const isWhole = JSON.stringify(document) === JSON.stringify(fields);
        expect(parseSyslog(message).elements['audit@32473']!['truncated']).toBe(isWhole ? undefined : 'true');
        // One character more of the text would not have fitted: at most twelve octets as an escaped pair.
        if (document['message'] !== fields.message) expect(message.length).toBeGreaterThan(maxLength - 12);
      }),
    );
  });
});

test('with line feeds, messages are told apart whatever they say', async () => {
  const built = hostileTexts.map((_, i) => {
    const document = documentWriter({ original: true, tags: [] });
    const header = headerWriter(sender);
    return syslogMessage(
      batch(hostileTexts, 1, ({ message }) => ({ user: message })),
      i,
      {
        header,
        document,
        maxLength: 60_000,
        bom: i % 2 === 0,
      },
    ) as Buffer;
  });
  const lines = frame(built, 'lf').toString('latin1').split('\n');
  expect(lines.slice(0, -1)).toEqual(built.map((message) => message.toString('latin1')));
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

  test('a receiver that accepts a connection and drops it at once has not taken anything', async () => {
    for (const drop of ['resetAndDestroy', 'end'] as const) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket[drop]());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      await using forwarder = await open(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
      for (let i = 0; i < 2; i++) {
        const outcomes = await outcomesOf(forwarder, plainBatch(2));
        expect(outcomes.map(({ kind }) => kind)).toEqual(['ambiguous', 'ambiguous']);
      }
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('a receiver that goes on reading, however slowly, gets all of a batch once', async () => {
    let bytes = 0;
    let connections = 0;
    const slow = createServer((socket) => {
      connections++;
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        socket.pause();
        setTimeout(() => socket.resume(), 15);
      });
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    await using forwarder = await open(`tcp://127.0.0.1:${(slow.address() as AddressInfo).port}`, {
      timeout_ms: 400,
      max_length: 60_000,
    });
    const outcomes = await outcomesOf(forwarder, batch(Array.from({ length: 80 }, () => 'x'.repeat(50_000))));
    expect(outcomes.every(({ kind }) => kind === 'delivered')).toBe(true);
    expect(connections).toBe(1);
    await eventually(() => bytes > 80 * 50_000, 'the rest to be read');
    const closing = forwarder[Symbol.asyncDispose]();
    await new Promise((resolve) => slow.close(resolve));
    await closing;
  });

  test('a receiver that is reset while it is said goodbye to is no error', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket.pause().on('error', () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const forwarder = await open(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await outcomesOf(forwarder, plainBatch(2));
    const closing = forwarder[Symbol.asyncDispose]();
    sockets[0]!.resetAndDestroy();
    await closing;
    await new Promise((resolve) => server.close(resolve));
  });

  test('datagrams to a port that nobody listens on are to be sent again, all of the batch', async () => {
    const server = await startSyslogDatagrams();
    await server[Symbol.asyncDispose]();
    await using forwarder = await open(`udp://127.0.0.1:${server.port}`);
    for (let i = 0; i < 3; i++) {
      const outcomes = await outcomesOf(forwarder, plainBatch(3));
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringMatching(/REFUSED/) });
    }
  });

  test('what is longer than any datagram is cut like what is longer than it may be', async () => {
    await using server = await startSyslogDatagrams();
    await using forwarder = await open(`udp://127.0.0.1:${server.port}`, { max_length: 100_000 });
    const outcomes = await outcomesOf(forwarder, batch(['x'.repeat(70_000), 'short']));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['delivered', 'delivered']);
    await eventually(() => server.messages.length === 2, 'both');
    expect(parseSyslog(server.messages[0]!).elements['audit@32473']).toMatchObject({ truncated: 'true' });
  });

  test('the kernel says what the receiver’s kernel has not taken, over either kind of address', async () => {
    if (!existsSync('/proc/net/tcp')) return;
    for (const host of ['127.0.0.1', '::1']) {
      const sockets: Socket[] = [];
      const server = createServer((socket) => void sockets.push(socket.pause().on('error', () => undefined)));
      await new Promise<void>((resolve) => server.listen(0, host, resolve));
      const socket = connect({ host, port: (server.address() as AddressInfo).port });
      await once(socket, 'connect');
      expect(await sendQueue(socket)).toBe(0);
      socket.write(Buffer.alloc(30_000_000));
      await eventually(async () => ((await sendQueue(socket)) ?? 0) > 10_000, 'the queue to fill');
      for (const end of [socket, ...sockets]) end.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
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

  test('a receiver that wants a certificate of ours and gets none has not taken anything', async () => {
    using folder = temporaryFolder();
    const ca = join(folder.path, 'ca.pem');
    const { private: key, cert } = await certificate('localhost');
    writeFileSync(ca, cert);
    await using server = await startSyslogStream({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: true });
    const first = async (tls: Given['tls']): Promise<unknown> => {
      await using forwarder = await open(`tls://localhost:${server.port}`, { ...(tls && { tls }) });
      return (await outcomesOf(forwarder, plainBatch(1)))[0];
    };
    expect(await first({ ca })).toMatchObject({
      kind: 'ambiguous',
      reason: expect.stringContaining('stood and broke at once'),
    });
    expect(server.messages).toHaveLength(0);
    const keyFile = join(folder.path, 'key.pem');
    writeFileSync(keyFile, key);
    expect(await first({ ca, cert: ca, key: keyFile })).toMatchObject({ kind: 'delivered' });
    await eventually(() => server.messages.length === 1, 'it to arrive');
  });

  test('an address is as good as a name', async () => {
    using folder = temporaryFolder();
    const ca = join(folder.path, 'ca.pem');
    const { private: key, cert } = await certificate('siem.internal');
    writeFileSync(ca, cert);
    await using server = await startSyslogStream({ key, cert });
    const warned: unknown[] = [];
    const onWarning = (warning: unknown): void => void warned.push(warning);
    process.on('warning', onWarning);
    const address = `tls://127.0.0.1:${server.port}`;
    await using byName = await open(address, { tls: { ca, server_name: 'siem.internal' } });
    expect((await outcomesOf(byName, plainBatch(1)))[0]).toMatchObject({ kind: 'delivered' });
    await using byAddress = await open(address, { tls: { ca } });
    expect((await outcomesOf(byAddress, plainBatch(1)))[0]).toMatchObject({
      kind: 'paused',
      reason: expect.stringContaining('127.0.0.1'),
    });
    process.off('warning', onWarning);
    expect(warned).toEqual([]);
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
