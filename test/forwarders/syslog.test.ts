import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { batch, hostileTexts, plainBatch } from '../support/batches.ts';
import { certificate } from '../support/certificate.ts';
import { describeForwarder, outcomesOf, type Destination } from '../support/describe-forwarder.ts';
import { eventually } from '../support/fake-clock.ts';
import { openSyslog, type SyslogGiven } from '../support/open-syslog.ts';
import { parseSyslog } from '../support/parse-syslog.ts';
import { startSyslogDatagrams, startSyslogStream, type SyslogServer } from '../support/syslog-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

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
  change: Partial<SyslogGiven> = {},
  folder?: Disposable,
): Destination {
  return {
    open: (given) => openSyslog(`${host}:${server.port}`, { max_length: 60_000, ...change }, given),
    received: () => server.messages.map(document),
    // Nobody tells a sender of datagrams that nobody listens any more, if not by chance.
    ...(!host.startsWith('udp') && { down: async () => server[Symbol.asyncDispose]() }),
    [Symbol.asyncDispose]: async () => {
      folder?.[Symbol.dispose]();
      await server[Symbol.asyncDispose]().then(undefined, () => undefined);
    },
  };
}

describe('a syslog destination', () => {
  test('sends pure ASCII unless it is told to send a byte order mark', async () => {
    await using server = await startSyslogStream();
    await using ascii = await openSyslog(`tcp://127.0.0.1:${server.port}`);
    await using bom = await openSyslog(`tcp://127.0.0.1:${server.port}`, { bom: true });
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
    await using forwarder = await openSyslog(`udp://127.0.0.1:${server.port}`);
    const [cut] = await outcomesOf(forwarder, batch([`start ${'é'.repeat(3_000)}`]));
    expect(cut).toMatchObject({ kind: 'delivered', proof: 'sent' });
    await eventually(() => server.messages.length === 1, 'the message');
    expect(server.messages[0]!.length).toBeLessThanOrEqual(1_180);
    const message = parseSyslog(server.messages[0]!);
    expect(message.elements['audit@32473']).toMatchObject({ truncated: 'true' });
    expect(JSON.parse(message.message)).toMatchObject({ message: expect.stringMatching(/^start é+$/) });
    await using tiny = await openSyslog(`udp://127.0.0.1:${server.port}`, { max_length: 480 });
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
    await using forwarder = await openSyslog(`tcp://127.0.0.1:${server.port}`);
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
      await using forwarder = await openSyslog(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
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
    await using forwarder = await openSyslog(`tcp://127.0.0.1:${(slow.address() as AddressInfo).port}`, {
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
    const forwarder = await openSyslog(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await outcomesOf(forwarder, plainBatch(2));
    const closing = forwarder[Symbol.asyncDispose]();
    sockets[0]!.resetAndDestroy();
    await closing;
    await new Promise((resolve) => server.close(resolve));
  });

  test('datagrams to a port that nobody listens on are to be sent again, all of the batch', async () => {
    const server = await startSyslogDatagrams();
    await server[Symbol.asyncDispose]();
    await using forwarder = await openSyslog(`udp://127.0.0.1:${server.port}`);
    for (let i = 0; i < 3; i++) {
      const outcomes = await outcomesOf(forwarder, plainBatch(3));
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringMatching(/REFUSED/) });
    }
  });

  test('what is longer than any datagram is cut like what is longer than it may be', async () => {
    await using server = await startSyslogDatagrams();
    await using forwarder = await openSyslog(`udp://127.0.0.1:${server.port}`, { max_length: 100_000 });
    const outcomes = await outcomesOf(forwarder, batch(['x'.repeat(70_000), 'short']));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['delivered', 'delivered']);
    await eventually(() => server.messages.length === 2, 'both');
    expect(parseSyslog(server.messages[0]!).elements['audit@32473']).toMatchObject({ truncated: 'true' });
  });

  test('closing waits until the receiver has read everything', async () => {
    await using server = await startSyslogStream();
    const forwarder = await openSyslog(`tcp://127.0.0.1:${server.port}`);
    await outcomesOf(forwarder, plainBatch(500));
    await forwarder[Symbol.asyncDispose]();
    expect(server.messages).toHaveLength(500);
  });

  test('a receiver that reads nothing is ambiguous in time, not waited for for ever', async () => {
    const sockets: { destroy(): void }[] = [];
    const silent = createServer((socket) => sockets.push(socket.pause()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const forwarder = await openSyslog(`tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`, {
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
  async function first(name: string, change: Partial<SyslogGiven>, days?: number) {
    using folder = temporaryFolder();
    const { private: key, cert } = await certificate(name, days);
    const ca = join(folder.path, 'ca.pem');
    writeFileSync(ca, cert);
    await using server = await startSyslogStream({ key, cert });
    const { tls, ...rest } = change;
    await using forwarder = await openSyslog(`tls://localhost:${server.port}`, {
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
    const first = async (tls: SyslogGiven['tls']): Promise<unknown> => {
      await using forwarder = await openSyslog(`tls://localhost:${server.port}`, { ...(tls && { tls }) });
      return (await outcomesOf(forwarder, plainBatch(1)))[0];
    };
    // Its alert pauses the lane; where the reset that follows is faster, nobody hears it.
    const refused = {
      kind: expect.stringMatching(/paused|ambiguous/),
      reason: expect.stringMatching(/certificate required|set tls.cert/),
    };
    expect(await first({ ca })).toMatchObject(refused);
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
    await using byName = await openSyslog(address, { tls: { ca, server_name: 'siem.internal' } });
    expect((await outcomesOf(byName, plainBatch(1)))[0]).toMatchObject({ kind: 'delivered' });
    await using byAddress = await openSyslog(address, { tls: { ca } });
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
