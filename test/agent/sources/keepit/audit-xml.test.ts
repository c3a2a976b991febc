import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AuditXml, BadAnswer, type WireRecord } from '../../../../agent/sources/keepit/audit-xml.ts';
import { fingerprintOf } from '../../../../agent/sources/keepit/fingerprint.ts';
import { recordHash } from '../../../../mappings/record.ts';

function parse(xml: string | Uint8Array, piece = Infinity): readonly WireRecord[] {
  const bytes = Buffer.from(xml);
  const reader = new AuditXml();
  const records: WireRecord[] = [];
  for (let at = 0; at < bytes.length; at += Math.min(piece, bytes.length)) {
    records.push(...reader.push(bytes.subarray(at, at + piece)));
  }
  return [...records, ...reader.end()];
}

const ANSWER = `<?xml version="1.0" encoding="UTF-8"?>
<audit>
 <record>
  <account>aaaaaa-bbbbbb-cccccc</account> <token>jos\u00e9 &amp; co</token>
  <time>2026-01-01T00:00:03.000Z</time><message>a &#10; b <![CDATA[<c>]]></message>
  <metadata><parameter><key>k</key><value>v</value></parameter><parameter><key>__proto__</key><value>\u{1f600}</value></parameter></metadata>
 </record>
 <record><token/><metadata /></record>
</audit>`;

test('records come out byte for byte, with every value as text, wherever the answer is cut into pieces', () => {
  const whole = parse(ANSWER);
  expect(whole).toHaveLength(2);
  const [first, second] = whole as [WireRecord, WireRecord];
  expect(ANSWER).toContain(Buffer.from(first.bytes).toString());
  expect(Buffer.from(second.bytes).toString()).toBe('<record><token/><metadata /></record>');
  expect(first.hash).toBe(recordHash(first.bytes));
  expect({ ...first.fields }).toEqual({
    account: 'aaaaaa-bbbbbb-cccccc',
    token: 'jos\u00e9 & co',
    time: '2026-01-01T00:00:03.000Z',
    message: 'a \n b <c>',
    metadata: [{ key: 'k', value: 'v' }, { key: '__proto__', value: '\u{1f600}' }],
  }); // prettier-ignore
  for (let piece = 1; piece < 40; piece++) expect(parse(ANSWER, piece)).toEqual(whole);
});

test('an answer that was cut off anywhere is an error and never a short page', () => {
  const bytes = Buffer.from(ANSWER);
  for (let end = 1; end < bytes.length; end++) expect(() => parse(bytes.subarray(0, end))).toThrow(BadAnswer);
});

test('no body, an empty root and a root without records are windows without records', () => {
  for (const empty of ['', '<audit/>', '<audit></audit>', '<?xml version="1.0"?>\n<audit>\n</audit>\n']) {
    expect(parse(empty)).toEqual([]);
  }
});

test.each([
  ['a page of HTML', '<html><body>Sign in</body></html>', /root is <html>/],
  ['a document type', '<!DOCTYPE audit [<!ENTITY a "b">]><audit>&a;</audit>', /document type/],
  ['an entity nobody declared', '<audit><record><token>&nobody;</token></record></audit>', /not well-formed/],
  ['mismatched tags', '<audit><record></audit>', /not well-formed/],
  ['another encoding', '<?xml version="1.0" encoding="UTF-16"?><audit/>', /UTF-8/],
  ['bytes that are not UTF-8', Buffer.from([0x3c, 0x61, 0xff, 0xfe]), /UTF-8/],
  ['nesting without end', `<audit><record>${'<a>'.repeat(100_000)}`, /nested deeper/],
  ['a value without end', `<audit><record><token>${'x'.repeat(2_000_000)}`, /more than/],
  ['JSON', '{"error":"jane@example.com"}', /not well-formed/],
])('%s is refused, without a word of what it holds', (_name, xml, message) => {
  const refusal = (): unknown => parse(xml, 4096);
  expect(refusal).toThrow(BadAnswer);
  expect(refusal).toThrow(message);
  expect(refusal).not.toThrow(/jane|nobody/);
});

test('a record longer than its bound keeps its start, its hash and all that tells it apart', () => {
  const long = (end: string): string =>
    `<audit><record><message>${'m'.repeat(300_000)}${end}</message></record></audit>`;
  const [one] = parse(long('1')) as [WireRecord];
  const [two] = parse(long('2')) as [WireRecord];
  expect(one.truncated).toBe(true);
  expect(one.bytes.length).toBe(256 * 1024);
  expect(fingerprintOf(one.fields)).not.toBe(fingerprintOf(two.fields));
});

test('no two different tuples have the same fingerprint because their texts run together alike', () => {
  const text = fc.constantFrom('', 'a', 'b', 'ab', 'aab');
  const tuple = fc.record({
    token: text,
    message: text,
    metadata: fc.array(fc.record({ key: text, value: text }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(tuple, tuple, (a, b) => {
      expect(fingerprintOf(a) === fingerprintOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
    { numRuns: 2_000 },
  );
});
