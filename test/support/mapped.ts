import { createEncoder } from '../../mappings/encode.ts';
import { parseHead, type Events, type Head } from '../../mappings/events.ts';
import type { Pack } from '../../mappings/pack.ts';
import { recordHash, type AuditRecord, type Fields } from '../../mappings/record.ts';
import { slice } from '../../mappings/slices.ts';

export type Document = Readonly<Record<string, unknown>>;

export const READ_AT = '2026-01-02T03:04:05.678Z';

/** A record as a source hands it over. */
export function auditRecord(fields: Fields | null, more: Partial<AuditRecord> = {}): AuditRecord {
  const bytes = Buffer.from(JSON.stringify(fields));
  return { bytes, fields, nativeId: '1', hash: recordHash(bytes), ...more };
}

/** Records through a new encoder. */
export function encoded(pack: Pack, records: readonly AuditRecord[], timeZone?: string): Events[] {
  const encoder = createEncoder({
    pack,
    source: { name: 'exported', id: 'source-1', tags: ['prod'], ...(timeZone === undefined ? {} : { timeZone }) },
    agent: { id: 'agent-1', name: 'host-1', version: '1.2.3' },
  });
  for (const record of records) encoder.add(record, READ_AT);
  return encoder.finish();
}

export const documentText = (events: Events, i: number): string => Buffer.from(slice(events.documents, i)).toString();

/** One record's document and head. */
export function mapped(pack: Pack, record: AuditRecord, timeZone?: string): { document: Document; head: Head } {
  const [events] = encoded(pack, [record], timeZone);
  return {
    document: JSON.parse(documentText(events!, 0)) as Document,
    head: parseHead(slice(events!.heads, 0)),
  };
}
