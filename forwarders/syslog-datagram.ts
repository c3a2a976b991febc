import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';

/** One message a datagram (RFC 5426). Nothing tells whether it arrives; a port nobody listens on may be told later. */
export class SyslogDatagrams {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | null = null;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** Resolves when the kernel has taken it; rejects with what the kernel says. */
  async send(message: Buffer): Promise<void> {
    const socket = this.#socket ?? (await this.#connect());
    try {
      await new Promise<void>((resolve, reject) =>
        socket.send(message, (error) => (error ? reject(error) : resolve())),
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  async #connect(): Promise<Socket> {
    const { address, family } = await lookup(this.#host);
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    socket.on('error', () => undefined); // told by the next send
    socket.connect(this.#port, address);
    await once(socket, 'connect');
    this.#socket = socket;
    return socket;
  }
}
