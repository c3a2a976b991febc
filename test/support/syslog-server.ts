import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface SyslogServer extends AsyncDisposable {
  readonly port: number;
  /** Whole messages, in their order. */
  readonly messages: Buffer[];
  readonly sockets: Set<Socket>;
}

/** Octet-counted frames (RFC 6587 section 3.4.1), however the bytes are cut. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    while (true) {
      const space = this.#rest.indexOf(0x20);
      if (space === -1) return messages;
      const text = this.#rest.toString('latin1', 0, space);
      if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`not a message length: ${text.slice(0, 20)}`);
      const end = space + 1 + Number(text);
      if (this.#rest.length < end) return messages;
      messages.push(this.#rest.subarray(space + 1, end));
      this.#rest = this.#rest.subarray(end);
    }
  }
}

export async function startSyslogStream(tls?: TlsOptions): Promise<SyslogServer> {
  const messages: Buffer[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    const frames = new FrameReader();
    sockets.add(socket);
    socket.on('data', (chunk) => messages.push(...frames.push(chunk)));
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = tls ? createTlsServer(tls, serve) : createServer(serve);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    messages,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function startSyslogDatagrams(): Promise<SyslogServer> {
  const messages: Buffer[] = [];
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.on('message', (message) => messages.push(message));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    port: socket.address().port,
    messages,
    sockets: new Set(),
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}
