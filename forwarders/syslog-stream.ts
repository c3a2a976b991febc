import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from './clock.ts';
import { DeadlineExceeded, withDeadline } from './deadline.ts';
import { sendQueue } from './send-queue.ts';
import type { TlsConnection } from './tls.ts';

export interface StreamAddress {
  readonly host: string;
  readonly port: number;
  /** Null: plain TCP. */
  readonly tls: TlsConnection | null;
}

const CONNECT_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;
const CLOSE_MS = 5_000;
/** What one wait for the receiver carries: a slow one is given time as long as it goes on reading. */
const CHUNK_BYTES = 64 * 1024;
/** A receiver that refuses says so after the connection stands: with TLS 1.3 it looks at our certificate only then. */
export const PROBATION_MS = 1_000;
const QUEUE_POLL_MS_MAX = 50;

/** A connection was there and broke while bytes were on their way. `cause` says why. */
export class BrokenStream extends Error {
  override readonly name = 'BrokenStream';
}

interface Connection {
  readonly socket: Socket;
  /** The kernel says what the receiver's kernel has not taken (Linux). */
  readonly hasQueue: boolean;
  /** It has outlived its first bytes for a while. */
  isProven: boolean;
}

/**
 * One connection to a receiver, made when it is needed and made again when it is gone.
 *
 * Syslog over TCP and TLS has no acknowledgement (RFC 6587 section 3.1 and 4, RFC 5425), so bytes count as sent when the
 * receiver's kernel has them, which only Linux tells; elsewhere, when our own has. What a receiver's kernel has taken and
 * the receiver has not read when it dies (up to some megabytes) is lost, and nothing tells.
 */
export class SyslogStream {
  readonly #address: StreamAddress;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  #connection: Connection | null = null;

  /** `timeoutMs` is the longest wait for the receiver to take anything more. */
  constructor(address: StreamAddress, timeoutMs: number, clock: Clock) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Resolves when the receiver's kernel has all bytes. Rejects with the error of connecting, or with `BrokenStream`. */
  async write(bytes: Buffer, signal: AbortSignal): Promise<void> {
    const connection = this.#usable() ?? (await this.#connect(signal));
    const { socket } = connection;
    const stop = (): void => void socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        await this.#inTime(socket, () => written(socket, bytes.subarray(at, at + CHUNK_BYTES)), signal);
      }
      if (connection.hasQueue) await this.#taken(socket);
      if (!connection.isProven) await this.#stays(socket, PROBATION_MS);
      connection.isProven = true;
    } catch (error) {
      signal.throwIfAborted();
      this.#drop();
      const cause = socket.errored ?? error;
      throw new BrokenStream(this.#howItBroke(connection, Error.isError(cause) ? cause.message : String(cause)), {
        cause,
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Says goodbye and waits for the receiver's own, at most five seconds: what it has not read yet would be lost otherwise. */
  async close(): Promise<void> {
    const connection = this.#usable();
    this.#connection = null;
    if (!connection) return;
    connection.socket.end();
    await this.#stays(connection.socket, CLOSE_MS).catch(() => undefined);
    connection.socket.destroy();
  }

  /** A receiver sends nothing; when its side ends, nobody reads what we write. */
  #usable(): Connection | null {
    const { socket } = this.#connection ?? {};
    if (socket && !socket.destroyed && socket.writable && !socket.readableEnded) return this.#connection;
    this.#drop();
    return null;
  }

  #drop(): void {
    this.#connection?.socket.destroy();
    this.#connection = null;
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    const { host, port, tls } = this.#address;
    const socket = tls
      ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...tls })
      : connectTcp({ host, port });
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    const ms = Math.min(CONNECT_MS, this.#timeoutMs);
    const event = tls ? 'secureConnect' : 'connect';
    try {
      await withDeadline(this.#clock, ms, (deadline) => once(socket, event, { signal: deadline }), signal);
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      throw Error.isError(error) && Error.isError(error.cause) ? error.cause : error;
    }
    // A TLS alert does not end the socket by itself; ended with it, `errored` tells the write that meets it.
    socket.on('error', (error: Error) => socket.destroy(error));
    socket.on('end', () => socket.destroy());
    socket.resume();
    this.#connection = { socket, hasQueue: (await sendQueue(socket)) !== null, isProven: false };
    return this.#connection;
  }

  #howItBroke({ isProven }: Connection, why: string): string {
    if (isProven) return `the connection broke: ${why}`;
    const { tls } = this.#address;
    const advice = tls && tls.cert === undefined ? '; if it asks for a certificate of ours, set tls.cert' : '';
    return `the connection stood and broke at once: ${why}${advice}`;
  }

  /** What does not end in time ends the connection, and with it whatever waits for it. */
  #inTime(socket: Socket, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const run = async (deadline: AbortSignal): Promise<void> => {
      deadline.addEventListener('abort', () => socket.destroy(deadline.reason as Error), { once: true });
      return work();
    };
    return withDeadline(this.#clock, this.#timeoutMs, run, signal);
  }

  /** Waits until the receiver's kernel has everything; as long as it takes more, however slowly, that is not too long. */
  async #taken(socket: Socket): Promise<void> {
    let least = Infinity;
    let since = this.#clock.monotonic();
    for (let pollMs = 1; ; pollMs = Math.min(pollMs * 2, QUEUE_POLL_MS_MAX)) {
      const left = await sendQueue(socket);
      if (left === null || socket.destroyed) throw new Error(CLOSED);
      if (left === 0) return;
      if (left < least) [least, since] = [left, this.#clock.monotonic()];
      else if (this.#clock.monotonic() - since > this.#timeoutMs)
        throw new DeadlineExceeded(`${left} octets not taken within ${this.#timeoutMs} ms`);
      await this.#stays(socket, pollMs);
    }
  }

  /** Resolves `ms` later; rejects at once when the connection is gone. */
  async #stays(socket: Socket, ms: number): Promise<void> {
    const gone = new AbortController();
    const close = (): void => gone.abort(new Error(CLOSED));
    if (socket.destroyed) close();
    socket.once('close', close);
    try {
      await this.#clock.sleep(ms, gone.signal);
    } finally {
      socket.off('close', close);
    }
  }
}

const CLOSED = 'the receiver closed it';

/** Resolves when our kernel has the bytes. A socket that is destroyed meanwhile may call back as if it had. */
const written = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.write(bytes, (error) => {
      if (socket.destroyed) reject(new Error(CLOSED));
      else if (error) reject(error);
      else resolve();
    });
  });
