import type { Batch, ForwarderParts } from '../../forwarders/forwarder.ts';
import { documentWriter } from '../../mappings/document.ts';
import { ByteWriter } from '../../mappings/byte-writer.ts';
import { mapEvents, serializeHead, type Events, type Head } from '../../mappings/events.ts';
import { range } from '../../mappings/slices.ts';
import { systemClock } from '../../agent/clock.ts';
import { idOf, slices } from './blocks.ts';
import { MemoryLog } from './memory-log.ts';

/** Texts that try to break out of whatever carries them. */
export const hostileTexts: readonly string[] = [
  'plain',
  'quotes " and \\ back\\slashes',
  'line one\nline two\r\nline three',
  '\n{"delete":{"_index":"logs-keepit.audit-default","_id":"1"}}\n',
  '"}\n{"create":{"_id":"injected"}}\n{"x":"',
  'separators \u2028 \u2029 \u0085',
  'emoji 😀 and combining e\u0301',
  'sd ] " \\ ] end',
  '<110>1 - - - - - - nested',
  '12 <34>5',
  'nul \u0000 esc \u001b[31m',
  'x'.repeat(3_000),
];

const headOf = (sequence: number, message: string): Head => ({
  id: idOf(sequence),
  time: new Date(Date.UTC(2026, 0, 1) + sequence * 1_234).toISOString(),
  dataset: 'keepit.audit',
  source: 'test',
  user: 'jane@example.com',
  area: 'user',
  message,
  outcome: 'success',
  ip: '203.0.113.7',
  action: 'user-sign-in',
  code: '1001',
  severity: 6,
  target: null,
  connector: null,
  organization: 'aaaaaa-bbbbbb-cccccc',
});

/** A batch with these messages; sequence numbers and ids count from `first`. `change` makes heads of another kind. */
export function batch(
  messages: readonly string[],
  first = 1,
  change: (head: Head) => Partial<Head> = () => ({}),
): Batch {
  const heads = messages.map((message, i) => {
    const head = headOf(first + i, message);
    return { ...head, ...change(head) };
  });
  const document = ({ id, time, dataset, message, outcome, action, code, severity }: Head): string =>
    JSON.stringify({ event: { id, dataset, action, code, outcome, severity }, '@timestamp': time, message, tags: [] });
  return {
    documents: slices(heads.map(document)),
    records: slices(messages.map((message) => JSON.stringify({ message }))),
    heads: slices(heads.map(serializeHead)),
    sequences: Float64Array.from(messages, (_, i) => first + i),
  };
}

export const plainBatch = (n: number, first = 1): Batch =>
  batch(
    Array.from({ length: n }, (_, i) => `event ${first + i}`),
    first,
  );

/** The documents of a batch as one lane delivers them. */
export function completeDocuments(events: Batch, parts: ForwarderParts, namespace?: string): string[] {
  const write = documentWriter(parts.document, namespace === undefined ? undefined : { namespace });
  return Array.from(events.sequences, (sequence, i) => {
    const out = new ByteWriter();
    write(out, events, i, sequence);
    return out.finish().toString('utf8');
  });
}

export const forwarderParts = (change: Partial<ForwarderParts> = {}): ForwarderParts => ({
  name: 'test',
  clock: systemClock,
  log: new MemoryLog(),
  document: { original: false, tags: [] },
  host: 'relay.example',
  version: '0.1.0',
  ...change,
});

/** Events `from` up to `to` of a batch. */
export const partOf = (events: Batch, from: number, to: number): Batch => ({
  ...(mapEvents(events, (texts) => range(texts, from, to)) satisfies Events),
  sequences: events.sequences.subarray(from, to),
});
