import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recordsOf } from '../../../agent/sources/parse-record.ts';
import { recordHash, type AuditRecord } from '../../../mappings/record.ts';

async function parse(content: string | Buffer, format: 'ndjson' | 'csv' = 'ndjson'): Promise<AuditRecord[]> {
  const chunks = (async function* () {
    yield Buffer.from(content);
  })();
  const records: AuditRecord[] = [];
  for await (const some of recordsOf(chunks, format, String)) records.push(...some);
  return records;
}

const one = async (content: string | Buffer): Promise<AuditRecord> => (await parse(content))[0]!;

describe('NDJSON', () => {
  test('every JSON object gives its fields, its bytes and their hash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), async (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\d{16}|e\+/.test(text));
        const record = await one(text);
        expect(record.fields).toEqual(JSON.parse(text));
        expect(Buffer.from(record.bytes).toString()).toBe(text);
        expect(record.hash).toBe(recordHash(Buffer.from(text)));
      }),
    );
  });

  test.each([
    ['[1]', /expected a JSON object, found an array/],
    ['null', /found null/],
    ['"text"', /found a string/],
    ['17', /found a number/],
    ['{"a":', /not JSON/],
    ['nonsense', /not JSON/],
    [`${'['.repeat(10_000)}${']'.repeat(10_000)}`, /found an array/],
    [`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, /deeper than 64 levels/],
    [`{"a":${'{"b":'.repeat(64)}1${'}'.repeat(64)}}`, /deeper than 64 levels/],
  ])('%.20s is a record with a problem', async (text, problem) => {
    const record = await one(text);
    expect(record.fields).toBeNull();
    expect(record.problem).toMatch(problem);
    expect(Buffer.from(record.bytes).toString()).toBe(text);
  });

  test('64 levels are mapped', async () => {
    expect((await one(`${'{"b":'.repeat(64)}1${'}'.repeat(64)}`)).problem).toBeUndefined();
  });

  test('integers beyond 2^53 keep their digits as text, others stay numbers', async () => {
    const { fields } = await one('{"a":9007199254740993,"b":[-9007199254740993,1],"c":9007199254740991,"d":1e309}');
    expect(fields).toEqual({ a: '9007199254740993', b: ['-9007199254740993', 1], c: 9007199254740991, d: '1e309' });
  });

  test('__proto__ is data and changes nobody', async () => {
    const { fields } = await one(
      '{"__proto__":{"polluted":9007199254740993},"constructor":{"prototype":{"polluted":1}}}',
    );
    expect(Object.hasOwn(fields!, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  });

  test('invalid UTF-8 and lone surrogates are flagged, and the bytes stay', async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3]), Buffer.from('"}')]);
    const torn = await one(bytes);
    expect(torn).toMatchObject({ fields: { a: '\ufffd' }, tags: ['invalid-utf8'] });
    expect(bytes.equals(torn.bytes)).toBe(true);
    expect((await one('{"a":"\\ud800"}')).tags).toEqual(['invalid-utf8']);
    expect((await one('{"a":"\\ud83d\\ude00"}')).tags).toBeUndefined();
  });

  test('a line longer than 1 MiB is a record with a problem', async () => {
    const record = await one(`{"a":"${'x'.repeat(1024 * 1024)}"}`);
    expect(record).toMatchObject({ fields: null, tags: ['line-truncated'] });
    expect(record.problem).toMatch(/1048584 bytes/);
  });

  test('empty lines are no records; the last line needs no end', async () => {
    expect((await parse('\n{"a":1}\r\n\r\n{"a":2}')).map(({ fields }) => fields)).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

describe('CSV', () => {
  const header = '\ufeffTime,User,Area,Event,Event status,IP address,Note\r\n';

  test('the header names the fields, in any order; quotes hold commas, quotes and line ends', async () => {
    const [record] = await parse(`${header}2026-01-01,"Jane, ""J""",user,"a\r\nb",Succeeded,192.0.2.1,\r\n`, 'csv');
    expect(record!.fields).toEqual({
      Time: '2026-01-01', User: 'Jane, "J"', Area: 'user', Event: 'a\r\nb', 'Event status': 'Succeeded', 'IP address': '192.0.2.1',
      Note: '',
    }); // prettier-ignore
  });

  test('a quote that is never closed leaves the records behind it alone', async () => {
    const good = '1,2,3,4,5,6,7\r\n';
    const records = await parse(`${header}"1,2,3,4,5,6,7\r\n${good}${good}`, 'csv');
    expect(records.map(({ fields }) => fields !== null)).toEqual([false, true, true]);
  });

  test.each([
    ['1,2', /expected 7 fields as in the header \(Time, User.*\), found 2/],
    ['"a"b,2,3,4,5,6,7', /follows the closing quote/],
    ['1,"2', /never closed/],
  ])('%s is a record with a problem', async (line, problem) => {
    const [record] = await parse(`${header}${line}`, 'csv');
    expect(record).toMatchObject({ fields: null, problem: expect.stringMatching(problem) });
  });
});
