import { objectSchema, type Options } from '../config/schema.ts';
import { documentWriter } from '../mappings/document.ts';
import { failure } from './failure.ts';
import {
  forwarderKind,
  type Batch,
  type Forwarder,
  type ForwarderParts,
  type Limits,
  type Outcome,
} from './forwarder.ts';
import { frame, type Framing } from './framing.ts';
import { SyslogDatagrams } from './syslog-datagram.ts';
import { headerWriter } from './rfc5424.ts';
import { syslogMessage, type MessageOptions } from './syslog-message.ts';
import { BrokenStream, SyslogStream } from './syslog-stream.ts';
import { connectionOptions, tlsOptions } from './tls.ts';

/** 1 to 65535, or left out. */
const PORT = '(:([1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]))?';

const options = objectSchema({
  type: 'object',
  description:
    'A syslog receiver. Syslog over UDP, TCP and TLS has no acknowledgement: over TCP and TLS events count as sent when the ' +
    'receiver’s kernel has taken them (elsewhere than on Linux: our own), and what it had not read when it died is lost; ' +
    'over UDP nothing is known at all.',
  properties: {
    address: {
      type: 'string',
      format: 'uri',
      pattern: `^(udp|tcp|tls)://([^/:@?#]+|\\[[^/@?#]+\\])${PORT}$`,
      description: 'udp://host:514, tcp://host:514 or tls://host:6514; the port may be left out.',
    },
    protocol: { type: 'string', enum: ['rfc5424'], default: 'rfc5424', description: 'The form of a message.' },
    payload: {
      type: 'string',
      enum: ['json'],
      default: 'json',
      description: 'What a message carries: the ECS document as JSON.',
    },
    enterprise_number: {
      type: 'integer',
      minimum: 1,
      description: 'Your private enterprise number (IANA), for the name of the structured data: audit@NUMBER.',
    },
    facility: {
      type: 'integer',
      minimum: 0,
      maximum: 23,
      default: 13,
      description: 'Syslog facility; 13 is the log audit.',
    },
    app_name: { type: 'string', default: 'keepit-audit', description: 'APP-NAME of each message.' },
    hostname: { type: 'string', description: 'HOSTNAME of each message; by default this host’s.' },
    framing: {
      type: 'string',
      enum: ['octet-counting', 'lf'],
      default: 'octet-counting',
      description: 'How messages are told apart on TCP and TLS: by their length, or by a line feed.',
    },
    max_length: {
      type: 'integer',
      minimum: 480,
      description:
        'Most octets of a message, 8192 by default and 1180 on UDP. Longer ones lose optional fields and say truncated="true".',
    },
    bom: {
      type: 'boolean',
      default: false,
      description: 'Send UTF-8 with a byte order mark instead of JSON in pure ASCII.',
    },
    timeout_ms: {
      type: 'integer',
      minimum: 1,
      default: 30_000,
      description: 'Longest wait for the receiver to take anything more, in ms; for a connection at most 10 s of it.',
    },
    tls: tlsOptions,
  },
  required: ['address', 'enterprise_number'],
});
type SyslogOptions = Options<typeof options>;

export const syslog = forwarderKind({
  type: 'syslog',
  options,
  open: async (given, parts) => {
    const { hostname: host, port } = new URL(given.address);
    return new SyslogForwarder(given, parts, host.replace(/^\[|\]$/g, ''), Number(port));
  },
});

/** Defaults for `max_length`: what receivers take (rsyslog's own limit; RFC 5426 section 3.2). */
const STREAM_LENGTH = 8192;
const DATAGRAM_LENGTH = 1180;
/** More than this is no datagram (RFC 768 over IPv4). */
const DATAGRAM_LENGTH_MAX = 65_507;

/**
 * One call at a time: on a connection that breaks, order is all there is. A stream's call carries four blocks when there are
 * as many, because each ends with a look at the send queue, which takes some milliseconds where the kernel's table is large.
 */
const STREAM_LIMITS: Limits = { events: 2_000, bytes: 4 * 1024 * 1024, underWay: 1 };
const DATAGRAM_LIMITS: Limits = { ...STREAM_LIMITS, events: 500 };

interface Carrier {
  /** One outcome for all: nothing tells how far a receiver has read. */
  send(messages: readonly Buffer[], signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

class SyslogForwarder implements Forwarder {
  readonly limits: Limits;
  readonly #carrier: Carrier;
  readonly #message: MessageOptions;
  #closed = false;

  constructor(given: SyslogOptions, parts: ForwarderParts, host: string, port: number) {
    const isUdp = given.address.startsWith('udp:');
    this.#carrier = isUdp ? datagrams(host, port || 514, parts) : stream(given, parts, host, port);
    this.limits = isUdp ? DATAGRAM_LIMITS : STREAM_LIMITS;
    this.#message = {
      document: documentWriter(parts.document),
      header: headerWriter({
        facility: given.facility,
        hostname: given.hostname ?? parts.host,
        appName: given.app_name,
        procId: String(process.pid),
        enterpriseNumber: given.enterprise_number,
        software: 'audit-relay',
        version: parts.version,
      }),
      maxLength: isUdp
        ? Math.min(given.max_length ?? DATAGRAM_LENGTH, DATAGRAM_LENGTH_MAX)
        : (given.max_length ?? STREAM_LENGTH),
      bom: given.bom,
    };
  }

  async send(batch: Batch, signal: AbortSignal): Promise<{ readonly outcomes: Promise<readonly Outcome[]> }> {
    signal.throwIfAborted();
    if (this.#closed) throw new Error('the forwarder is closed');
    return { outcomes: this.#deliver(batch, signal) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#carrier.close();
  }

  async #deliver(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const built = Array.from(batch.sequences, (_, i) => syslogMessage(batch, i, this.#message));
    const messages = built.filter((message) => typeof message !== 'string');
    const outcome = messages.length > 0 ? await this.#carrier.send(messages, signal) : delivered;
    return built.map((message) => (typeof message === 'string' ? { kind: 'rejected', reason: message } : outcome));
  }
}

const delivered: Outcome = { kind: 'delivered', proof: 'sent' };

function stream(given: SyslogOptions, { clock }: ForwarderParts, host: string, port: number): Carrier {
  const tls = given.address.startsWith('tls:') ? connectionOptions(given.tls) : null;
  const framing: Framing = given.framing;
  const connection = new SyslogStream({ host, port: port || (tls ? 6514 : 514), tls }, given.timeout_ms, clock);
  return {
    async send(messages, signal) {
      try {
        await connection.write(frame(messages, framing), signal);
        return delivered;
      } catch (error) {
        signal.throwIfAborted();
        return error instanceof BrokenStream ? brokenStream(error) : connectFailure(error);
      }
    },
    close: () => connection.close(),
  };
}

/** Before a connection stands nothing has arrived. */
function connectFailure(error: unknown): Outcome {
  const outcome = failure(error);
  return outcome.kind === 'ambiguous' ? { kind: 'retry', reason: outcome.reason } : outcome;
}

/** Some may have arrived, unless the receiver refused the connection as such. */
function brokenStream({ message, cause }: BrokenStream): Outcome {
  const outcome = failure(cause);
  return outcome.kind === 'paused' ? outcome : { kind: 'ambiguous', reason: message };
}

function datagrams(host: string, port: number, { clock }: ForwarderParts): Carrier {
  const socket = new SyslogDatagrams(host, port, clock);
  return {
    async send(messages, signal) {
      try {
        await socket.send(messages, signal);
        return delivered;
      } catch (error) {
        signal.throwIfAborted();
        return connectFailure(error);
      }
    },
    close: async () => socket.close(),
  };
}
