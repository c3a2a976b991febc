import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { setImmediate } from 'node:timers';
import type { Clock } from './clock.ts';
import { withDeadline } from './deadline.ts';

const CONNECT_MS = 10_000;

/**
 * One message a datagram (RFC 5426). Nothing tells whether one arrives. That nobody listens may be told (ICMP), at once by
 * a host that is near and else too late for the batch that was lost: by then it counts as sent.
 */
export class SyslogDatagrams {
  readonly #host: string;
  readonly #port: number;
  readonly #clock: Clock;
  #socket: Socket | null = null;
  /** What the network said after a datagram was on its way. */
  #failure: Error | null = null;

  constructor(host: string, port: number, clock: Clock) {
    this.#host = host;
    this.#port = port;
    this.#clock = clock;
  }

  /** Resolves when the kernel has taken all of them and nothing is known against it; rejects with what the network says. */
  async send(messages: readonly Buffer[], signal: AbortSignal): Promise<void> {
    const socket = this.#socket ?? (await withDeadline(this.#clock, CONNECT_MS, (s) => this.#connect(s), signal));
    try {
      for (const message of messages) {
        signal.throwIfAborted();
        await sent(socket, message);
        this.#failOnError();
      }
      // A turn of the event loop: the answer of a host that is near is there by then.
      await new Promise((resolve) => setImmediate(resolve));
      this.#failOnError();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#failure = null;
  }

  #failOnError(): void {
    if (this.#failure) throw this.#failure;
  }

  async #connect(signal: AbortSignal): Promise<Socket> {
    const { address, family } = await unless(signal, lookup(this.#host));
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    socket.connect(this.#port, address);
    await once(socket, 'connect', { signal });
    socket.on('error', (error) => (this.#failure = error));
    this.#socket = socket;
    return socket;
  }
}

const sent = (socket: Socket, message: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(message, (error) => (error ? reject(error) : resolve()));
  });

/** Asking for a name cannot be stopped, only no longer waited for. The signal is a short-lived one. */
function unless<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => stopped.reject(signal.reason as Error), { once: true });
  return Promise.race([answer, stopped.promise]);
}
