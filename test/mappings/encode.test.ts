import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteWriter } from '../../mappings/byte-writer.ts';
import { DOCUMENT_END, DOCUMENT_START, documentWriter } from '../../mappings/document.ts';
import { ecsProblems } from '../../mappings/ecs.ts';
import { BLOCK_BYTES_MAX, BLOCK_EVENTS_MAX, headDataset, headId, headTime, parseHead } from '../../mappings/events.ts';
import { loadPack, type Pack } from '../../mappings/pack.ts';
import type { AuditRecord, Fields } from '../../mappings/record.ts';
import { count, slice } from '../../mappings/slices.ts';
import { hostileFields, hostileText } from '../support/hostile-records.ts';
import { auditRecord, documentText, encoded, mapped, READ_AT, type Document } from '../support/mapped.ts';

const packs = await Promise.all(['keepit', 'audit-relay', 'example-app'].map((name) => loadPack(name)));
const keepit = packs[0]!;

/** What every event keeps, whatever the record was. */
function checkPromises(pack: Pack, record: AuditRecord): void {
  const [events] = encoded(pack, [record]);
  const text = documentText(events!, 0);
  expect(text.startsWith(DOCUMENT_START)).toBe(true);
  expect(text.endsWith(DOCUMENT_END)).toBe(true);
  const document = JSON.parse(text) as Document & { readonly event: Document; readonly tags: readonly string[] };
  expect(Object.keys(document).at(-1)).toBe('tags');
  expect(ecsProblems(document)).toEqual([]);
  expect(Buffer.from(record.bytes).equals(slice(events!.records, 0))).toBe(true);

  const head = parseHead(slice(events!.heads, 0));
  expect(Buffer.from(headId(events!, 0)).toString()).toBe(document.event['id']);
  expect(Buffer.from(headTime(events!, 0)).toString()).toBe(document['@timestamp']);
  expect(Buffer.from(headDataset(events!, 0)).toString()).toBe(pack.dataset);
  expect(head).toMatchObject({ code: document.event['code'], action: document.event['action'], source: 'exported' });

  const out = new ByteWriter();
  documentWriter({ original: true, tags: ['lane'] }, { namespace: 'default' })(out, events!, 0, 7);
  expect(JSON.parse(out.finish().toString())).toEqual({
    ...document,
    event: { original: Buffer.from(record.bytes).toString(), ...document.event, sequence: 7 },
    tags: [...document.tags, 'lane'],
    data_stream: { type: 'logs', dataset: pack.dataset, namespace: 'default' },
  });
}

describe.each(packs.map((pack) => [pack.name, pack] as const))('pack %s', (_, pack) => {
  test('any record at all becomes a valid event that keeps every promise', () => {
    fc.assert(
      fc.property(hostileFields, (fields) => {
        checkPromises(pack, auditRecord(fields));
      }),
      { numRuns: 200 },
    );
  });

  test('what is no record becomes a pipeline_error with the text inside', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (text, problem) => {
        checkPromises(pack, auditRecord(null, { bytes: Buffer.from(text), problem }));
      }),
    );
  });
});

test('__proto__ is data', () => {
  const fields = JSON.parse('{"__proto__":"a","message":"User created","metadata":{"__proto__":{"b":1}}}') as Fields;
  const { keepit: own } = mapped(keepit, auditRecord(fields)).document as { keepit: { audit: Document } };
  expect(JSON.stringify(own.audit)).toBe('{"metadata":{"__proto__":"{\\"b\\":1}"},"extra":{"__proto__":"a"}}');
});

test('a record nested deeper than 64 levels is a pipeline_error', () => {
  const nested = (depth: number): Fields => {
    let value: unknown = 'x';
    for (let i = 0; i < depth; i++) value = [value];
    return { message: 'User created', metadata: value };
  };
  expect(mapped(keepit, auditRecord(nested(64))).head.code).toBe('1041');
  const { document } = mapped(keepit, auditRecord(nested(65)));
  expect(document).toMatchObject({
    event: {
      kind: 'pipeline_error',
      code: '9090',
      action: 'pipeline-error',
      original: expect.stringContaining('[[[[') as unknown,
    },
    error: { type: 'Unmappable', message: 'nested deeper than 64 levels' },
    '@timestamp': READ_AT,
  });
});

test('a pipeline_error says what was wrong and carries at most 32 KiB, cut between characters', () => {
  const bytes = Buffer.from(`x${'😀'.repeat(20_000)}`);
  const { document, head } = mapped(keepit, auditRecord(null, { bytes, problem: 'not JSON: at line 1', path: '/a' }));
  const original = `x${'😀'.repeat((32 * 1024) / 4 - 1)}`;
  expect(document).toMatchObject({
    event: { kind: 'pipeline_error', original },
    error: { type: 'unreadable_record', message: 'not JSON: at line 1' },
    log: { file: { path: '/a' } },
  });
  expect(head).toMatchObject({ outcome: null, severity: 4, user: null });
});

test('the id is of the record, or of where it stood', async () => {
  const app = await loadPack('example-app');
  const id = (pack: Pack, fields: Fields, nativeId: string): string =>
    mapped(pack, auditRecord(fields, { nativeId })).head.id;
  expect(id(keepit, { id: 'a-17' }, 'file:0')).toBe('2ec5fb7a0e78da9288f646e0edb32a16');
  expect(id(app, { id: 'a-17' }, 'file:0')).toBe('316cfa46099eaceaf07756987c9ace47');
  expect(id(app, { id: 'a-17' }, 'file:9')).toBe('316cfa46099eaceaf07756987c9ace47');
  expect(id(app, { what: 'no id' }, 'file:0')).toBe('2ec5fb7a0e78da9288f646e0edb32a16');
  expect(app.nativeId({ id: 17 })).toBe('17');
  expect(app.nativeId({})).toBeNull();
});

test('blocks are cut at 500 events and at 1 MiB of documents; a larger document is a block alone', () => {
  const small = Array.from({ length: 1_001 }, () => auditRecord({ message: 'small' }));
  expect(encoded(keepit, small).map(({ documents }) => count(documents))).toEqual([
    BLOCK_EVENTS_MAX,
    BLOCK_EVENTS_MAX,
    1,
  ]);
  const sized = (length: number): AuditRecord => auditRecord({ message: 'ø'.repeat(length) });
  const mixed = encoded(keepit, [...Array.from({ length: 5 }, () => sized(120_000)), sized(600_000), sized(1)]);
  expect(mixed.map(({ documents }) => count(documents))).toEqual([4, 1, 1, 1]);
  expect(mixed.filter(({ documents }) => documents.bytes.length > BLOCK_BYTES_MAX)).toHaveLength(1);
});

test('an encoder that was emptied begins again', () => {
  expect(encoded(keepit, [])).toEqual([]);
});
