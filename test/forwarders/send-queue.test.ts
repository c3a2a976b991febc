import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { sendQueue } from '../../forwarders/send-queue.ts';
import { eventually } from '../support/fake-clock.ts';

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
