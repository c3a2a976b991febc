import { slice, type Slices } from './slices.ts';

/** Events as bytes, not objects: what travels from the mapping to the disk and to the wire. */
export interface Events {
  /**
   * ECS JSON, serialised once, without what differs by lane or is known late (`event.sequence`, `event.original`,
   * `data_stream`). Each begins `{"event":{` and ends `"tags":[…]}`, so that it can be added by cutting (`document.ts`).
   */
  readonly documents: Slices;
  /** The records, byte for byte. */
  readonly records: Slices;
  /** One JSON array an event (`Head`): what filters, search, syslog and HEC ask for without parsing the document. */
  readonly heads: Slices;
}

/** The same done to each of the three. */
export const mapEvents = (events: Events, change: (slices: Slices) => Slices): Events => ({
  documents: change(events.documents),
  records: change(events.records),
  heads: change(events.heads),
});

/** A block is cut at this many events or bytes of documents, whichever comes first; one larger document is a block alone. */
export const BLOCK_EVENTS_MAX = 500;
export const BLOCK_BYTES_MAX = 1024 * 1024;

/**
 * An event's columns. `id` is always 32 hex digits and `time` always 24 characters (`2026-01-01T00:00:00.000Z`), so both
 * lie at fixed places in the bytes; `null` where the event does not say.
 */
export interface Head {
  readonly id: string;
  readonly time: string;
  /** `event.dataset`: `keepit.audit`, or `audit_relay.audit` for the agent's own events. */
  readonly dataset: string;
  /** The name of the source in the configuration. */
  readonly source: string;
  readonly user: string | null;
  /** The catalogue row's area: user, account, connector, recovery, compliance, security, or unknown. */
  readonly area: string | null;
  readonly message: string | null;
  readonly outcome: 'success' | 'failure' | 'unknown' | null;
  readonly ip: string | null;
  readonly action: string;
  readonly code: string;
  /** Syslog severity number (RFC 5424 table 2), the scale of `event.severity` too. */
  readonly severity: number;
  /** `user.target`: its name, e-mail or id. */
  readonly target: string | null;
  readonly connector: string | null;
  readonly organization: string | null;
}

/** The order in the bytes. Appended to, never changed: heads lie on disks. */
const headColumns = [
  'id', 'time', 'dataset', 'source', 'user', 'area', 'message', 'outcome', 'ip', 'action', 'code', 'severity', 'target',
  'connector', 'organization',
] as const satisfies readonly (keyof Head)[]; // prettier-ignore

export const OWN_DATASET = 'audit_relay.audit';

export const serializeHead = (h: Head): string =>
  JSON.stringify([
    h.id, h.time, h.dataset, h.source, h.user, h.area, h.message, h.outcome, h.ip, h.action, h.code, h.severity, h.target,
    h.connector, h.organization,
  ]); // prettier-ignore

export function parseHead(bytes: Uint8Array): Head {
  const values = JSON.parse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  ) as unknown[];
  return Object.fromEntries(headColumns.map((column, i) => [column, values[i] ?? null])) as unknown as Head;
}

const ID = [2, 34] as const;
const TIME = [37, 61] as const;
const DATASET_START = 64;
const QUOTE = 0x22;

/** The event's id as bytes, without parsing the head. */
export const headId = (events: Events, i: number): Uint8Array => slice(events.heads, i).subarray(...ID);
/** The event's time as 24 bytes, without parsing the head. */
export const headTime = (events: Events, i: number): Uint8Array => slice(events.heads, i).subarray(...TIME);

/** The event's dataset as bytes, without parsing the head: a plain name, so it ends at the next quote. */
export const headDataset = (events: Events, i: number): Uint8Array => {
  const head = slice(events.heads, i);
  return head.subarray(DATASET_START, head.indexOf(QUOTE, DATASET_START));
};

const ownDataset = Buffer.from(OWN_DATASET);
/** Whether it is one of the agent's own events, without parsing the head. */
export const isOwn = (events: Events, i: number): boolean => ownDataset.equals(headDataset(events, i));

/** A head made anew from its document, where the stored one was damaged; the source's name is not in the document. */
export function headFromDocument(document: Uint8Array): Head {
  const event = JSON.parse(Buffer.from(document).toString('utf8')) as Record<string, unknown>;
  const text = (path: string): string | null => {
    const found = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], event);
    return typeof found === 'string' ? found : null;
  };
  const severity = (event['event'] as { severity?: unknown }).severity;
  return {
    id: text('event.id') ?? '',
    time: text('@timestamp') ?? '',
    dataset: text('event.dataset') ?? '',
    source: '',
    user: text('user.name'),
    area: null,
    message: text('message'),
    outcome: text('event.outcome') as Head['outcome'],
    ip: text('source.ip'),
    action: text('event.action') ?? '',
    code: text('event.code') ?? '',
    severity: typeof severity === 'number' ? severity : 6,
    target: text('user.target.name') ?? text('user.target.email') ?? text('user.target.id'),
    connector: text('keepit.connector.id'),
    organization: text('organization.id'),
  };
}
