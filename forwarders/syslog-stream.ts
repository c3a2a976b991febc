import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from './clock.ts';
import { withDeadline } from './deadline.ts';
import type { TlsConnection } from './tls.ts';

export interface StreamAddress {
  readonly host: string;
  readonly port: number;
  /** Null: plain TCP. */
  readonly tls: TlsConnection | null;
}

const KEEP_ALIVE_MS = 15_000;
const CLOSE_MS = 5_000;

/** A connection was there and broke while bytes were on their way. */
export class BrokenStream extends Error {
  override readonly name = 'BrokenStream';
}

/** One connection to a receiver, made when it is needed and made again when it is gone. */
export class SyslogStream {
  readonly #address: StreamAddress;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  #socket: Socket | null = null;

  constructor(address: StreamAddress, timeoutMs: number, clock: Clock) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Resolves when the kernel has taken all bytes. Rejects with the error of connecting, or with `BrokenStream`. */
  async write(bytes: Buffer, signal: AbortSignal): Promise<void> {
    const socket = this.#usable() ?? (await this.#connect(signal));
    try {
      await withDeadline(this.#clock, this.#timeoutMs, (deadline) => written(socket, bytes, deadline), signal);
    } catch (error) {
      this.#drop();
      signal.throwIfAborted();
      throw new BrokenStream(`the connection broke: ${Error.isError(error) ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  /** Says goodbye and waits for the receiver's own, at most five seconds: what it has not read yet would be lost otherwise. */
  async close(): Promise<void> {
    const socket = this.#usable();
    this.#socket = null;
    if (!socket) return;
    const closed = once(socket, 'close');
    socket.end();
    socket.resume();
    const waited = new AbortController();
    await Promise.race([closed, this.#clock.sleep(CLOSE_MS, waited.signal).catch(() => undefined)]);
    waited.abort();
    socket.destroy();
  }

  /** A receiver sends nothing; when its side ends, nobody reads what we write. */
  #usable(): Socket | null {
    const socket = this.#socket;
    if (socket && !socket.destroyed && socket.writable && !socket.readableEnded) return socket;
    this.#drop();
    return null;
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  async #connect(signal: AbortSignal): Promise<Socket> {
    const { host, port, tls } = this.#address;
    const socket = tls ? connectTls({ host, port, servername: host, ...tls }) : connectTcp({ host, port });
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    try {
      const event = tls ? 'secureConnect' : 'connect';
      await withDeadline(this.#clock, this.#timeoutMs, (deadline) => once(socket, event, { signal: deadline }), signal);
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      throw error;
    }
    socket.on('error', () => undefined); // told by the write that meets it
    socket.on('end', () => socket.destroy());
    socket.resume();
    this.#socket = socket;
    return socket;
  }
}

function written(socket: Socket, bytes: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = (): void => end(new Error('the receiver closed it'));
    const abort = (): void => end(signal.reason as Error);
    const end = (error?: Error | null): void => {
      socket.off('close', closed);
      signal.removeEventListener('abort', abort);
      if (error) reject(error);
      else resolve();
    };
    socket.once('close', closed);
    signal.addEventListener('abort', abort, { once: true });
    socket.write(bytes, end);
  });
}
