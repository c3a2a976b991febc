import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LINE_BYTES_MAX, LINE_KEPT_BYTES, LineSplitter, type Line } from '../../../agent/sources/lines.ts';
import { recordHash } from '../../../mappings/record.ts';

/** The lines that have an end, and what is left behind them: one, or several where a quote is never closed. */
function split(content: Buffer, cuts: readonly number[], quoted = false): { lines: Line[]; rest: Line[] } {
  const splitter = new LineSplitter(0, quoted);
  const lines: Line[] = [];
  const borders = [...new Set([0, ...cuts.map((cut) => cut % (content.length + 1)), content.length])].sort(
    (a, b) => a - b,
  );
  for (let i = 1; i < borders.length; i++) {
    splitter.push(Buffer.from(content.subarray(borders[i - 1], borders[i])));
    for (let line = splitter.next(); line; line = splitter.next()) lines.push(line);
  }
  const rest: Line[] = [];
  for (let line = splitter.rest(); line; line = splitter.next() ?? splitter.rest()) rest.push(line);
  return { lines, rest };
}

const texts = (lines: readonly Line[]): string[] => lines.map(({ bytes }) => bytes.toString('latin1'));

test('wherever the chunks are cut, the lines and their offsets are the same', () => {
  const piece = fc.constantFrom('{"a":1}', '\n', '\r\n', '\r', '"', ',', 'é', '\0', '\ud83d\ude00', '');
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat()), fc.boolean(), (pieces, cuts, quoted) => {
      const content = Buffer.from(pieces.join(''));
      const whole = split(content, [], quoted);
      expect(split(content, cuts, quoted)).toEqual(whole);
      const all = [...whole.lines, ...whole.rest];
      all.forEach(({ bytes, start, next }, i) => {
        expect(content.subarray(start, start + bytes.length).equals(bytes)).toBe(true);
        expect(start).toBe(i === 0 ? 0 : all[i - 1]!.next);
        expect(content.subarray(start + bytes.length, next).toString()).toMatch(/^\r?\n?$/);
      });
      expect(all.at(-1)?.next ?? 0).toBe(content.length);
    }),
  );
});

test('a byte order mark at the start, LF and CRLF belong to no line', () => {
  const { lines, rest } = split(Buffer.from('\ufeffa\r\nb\nc'), [1, 4]);
  expect(texts(lines)).toEqual(['a', 'b']);
  expect(lines.map(({ start }) => start)).toEqual([3, 6]);
  expect(texts(rest)).toEqual(['c']);
});

test('a line feed in a quoted CSV field ends nothing, a stray quote opens nothing', () => {
  const { lines } = split(Buffer.from('a,"b\nc ""d""\n",e\nf"g,h\n"i",j\n'), [5, 6], true);
  expect(texts(lines)).toEqual(['a,"b\nc ""d""\n",e', 'f"g,h', '"i",j']);
});

describe('a stray quote spoils its own line and no other', () => {
  test.each([
    ['behind whose partner text follows', '"stray,b\nc,d\n"e"f,g\nh,i\n', ['"stray,b', 'c,d', '"e"f,g', 'h,i'], []],
    ['that is closed by the next field', '"stray,b\n"c",d\ne,f\n', ['"stray,b', '"c",d', 'e,f'], []],
    ['that is never closed', 'a,b\n"stray,b\nc,d\ne', ['a,b'], ['"stray,b', 'c,d', 'e']],
    ['before a field that begins with one', '"a\n"""b\nc",d\n', ['"a', '"""b\nc",d'], []],
    ['behind a lone CR', '"a\nb"\rc\nd\n', ['"a', 'b"\rc', 'd'], []],
  ])('%s', (_name, content, lines, rest) => {
    for (let cut = 1; cut < content.length; cut++) {
      const found = split(Buffer.from(content), [cut], true);
      expect({ lines: texts(found.lines), rest: texts(found.rest) }).toEqual({ lines, rest });
    }
  });

  test('that is not closed within 1 MiB', () => {
    const many = '2026-01-01,User signed in\n'.repeat(50_000);
    const content = Buffer.from(`"stray,b\n${many}"`);
    for (const cuts of [[], [9], Array.from({ length: 40 }, (_, i) => i * 65_536)]) {
      const { lines } = split(content, cuts, true);
      expect(lines).toHaveLength(50_001);
      expect(texts(lines.slice(0, 2))).toEqual(['"stray,b', '2026-01-01,User signed in']);
    }
  });

  test('and fields over several lines are still whole', () => {
    const field = fc.array(fc.constantFrom('a', ',', '"', '\n', '\r\n', 'é')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 1, maxLength: 4 })), fc.array(fc.nat()), (records, cuts) => {
        const written = records.map((fields) => fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(','));
        const content = Buffer.from(written.map((line) => `${line}\r\n`).join(''));
        const { lines, rest } = split(content, cuts, true);
        expect(lines.map(({ bytes }) => bytes.toString())).toEqual(written);
        expect(rest).toEqual([]);
      }),
    );
  });
});

describe.each([
  ['1 MiB - 1', LINE_BYTES_MAX - 1, false],
  ['1 MiB', LINE_BYTES_MAX, false],
  ['1 MiB + 1', LINE_BYTES_MAX + 1, true],
  ['8 MiB', 8 * 1024 * 1024, true],
] as const)('a line of %s', (_name, length, isCut) => {
  test.each(['\n', '\r\n'])(isCut ? 'is kept in part, with its length and hash (%j)' : 'is kept whole (%j)', (end) => {
    const long = Buffer.alloc(length, 'abcdefghij');
    const content = Buffer.concat([Buffer.from('before\n'), long, Buffer.from(`${end}after\n`)]);
    const cuts = Array.from({ length: 16 }, (_, i) => i * 600_000).concat(7 + length, 8 + length);
    const { lines, rest } = split(content, cuts);
    expect(rest).toEqual([]);
    expect(lines).toHaveLength(3);
    expect(lines[1]!.bytes.equals(isCut ? long.subarray(0, LINE_KEPT_BYTES) : long)).toBe(true);
    expect(lines[1]!.whole).toEqual(isCut ? { length, hash: recordHash(long) } : undefined);
    expect(texts(lines.slice(2))).toEqual(['after']);
  });
});
