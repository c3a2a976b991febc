import { objectSchema, type Options } from '../config/schema.ts';
import { documentWriter } from '../mappings/document.ts';
import { failure } from './failure.ts';
import { forwarderKind, type Batch, type Forwarder, type ForwarderParts, type Outcome } from './forwarder.ts';
import { frame, type Framing } from './framing.ts';
import { SyslogDatagrams } from './syslog-datagram.ts';
import { syslogMessage, type MessageOptions } from './syslog-message.ts';
import { BrokenStream, SyslogStream } from './syslog-stream.ts';
import { connectionOptions, tlsOptions } from './tls.ts';

const options = objectSchema({
  type: 'object',
  description:
    'A syslog receiver. Syslog over UDP, TCP and TLS has no acknowledgement: events count as sent when the kernel has taken ' +
    'them, and what a receiver had not read when it died is lost.',
  properties: {
    address: {
      type: 'string',
      format: 'uri',
      pattern: '^(udp|tcp|tls)://[^/]+$',
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
      default: 10_000,
      description: 'Longest wait for a connection, or for the kernel to take a batch, in ms.',
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

const LENGTH_MAX = { stream: 8192, datagram: 1180 } as const;

interface Carrier {
  send(messages: readonly Buffer[], signal: AbortSignal): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}

class SyslogForwarder implements Forwarder {
  /** One call at a time: on a connection that breaks, order is all there is. */
  readonly limits = { events: 500, bytes: 4 * 1024 * 1024, underWay: 1 };
  readonly #carrier: Carrier;
  readonly #message: MessageOptions;
  readonly #write: ReturnType<typeof documentWriter>;
  #closed = false;

  constructor(given: SyslogOptions, parts: ForwarderParts, host: string, port: number) {
    const isUdp = given.address.startsWith('udp:');
    this.#carrier = isUdp ? datagrams(host, port || 514) : stream(given, parts, host, port);
    this.#write = documentWriter(parts.document);
    this.#message = {
      sender: {
        facility: given.facility,
        hostname: given.hostname ?? parts.host,
        appName: given.app_name,
        procId: String(process.pid),
        enterpriseNumber: given.enterprise_number,
        software: 'audit-relay',
        version: parts.version,
      },
      maxLength: given.max_length ?? (isUdp ? LENGTH_MAX.datagram : LENGTH_MAX.stream),
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
    const built = Array.from(batch.sequences, (_, i) => syslogMessage(batch, i, this.#write, this.#message));
    const messages = built.filter((message) => typeof message !== 'string');
    const sent = messages.length > 0 ? [...(await this.#carrier.send(messages, signal))] : [];
    return built.map((message) =>
      typeof message === 'string' ? { kind: 'rejected', reason: message } : sent.shift()!,
    );
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
        return messages.map(() => delivered);
      } catch (error) {
        signal.throwIfAborted();
        const outcome: Outcome =
          error instanceof BrokenStream ? { kind: 'ambiguous', reason: error.message } : connectFailure(error);
        return messages.map(() => outcome);
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

function datagrams(host: string, port: number): Carrier {
  const socket = new SyslogDatagrams(host, port);
  return {
    async send(messages) {
      const outcomes: Outcome[] = [];
      for (const message of messages) {
        const outcome = await socket.send(message).then(() => delivered, connectFailure);
        outcomes.push(outcome);
      }
      return outcomes;
    },
    close: async () => socket.close(),
  };
}
