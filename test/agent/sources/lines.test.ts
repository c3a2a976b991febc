import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LINE_BYTES_MAX, LINE_KEPT_BYTES, LineSplitter, type Line } from '../../../agent/sources/lines.ts';
import { recordHash } from '../../../mappings/record.ts';

function split(content: Buffer, cuts: readonly number[], quoted = false): { lines: Line[]; rest: Line | null } {
  const splitter = new LineSplitter(0, quoted);
  const lines: Line[] = [];
  const borders = [...new Set([0, ...cuts.map((cut) => cut % (content.length + 1)), content.length])].sort(
    (a, b) => a - b,
  );
  for (let i = 1; i < borders.length; i++) {
    splitter.push(Buffer.from(content.subarray(borders[i - 1], borders[i])));
    for (let line = splitter.next(); line; line = splitter.next()) lines.push(line);
  }
  return { lines, rest: splitter.rest() };
}

const texts = (lines: readonly Line[]): string[] => lines.map(({ bytes }) => bytes.toString('latin1'));

test('wherever the chunks are cut, the lines and their offsets are the same', () => {
  const piece = fc.constantFrom('{"a":1}', '\n', '\r\n', '\r', '"', ',', 'é', '\0', '\ud83d\ude00', '');
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat()), fc.boolean(), (pieces, cuts, quoted) => {
      const content = Buffer.from(pieces.join(''));
      const whole = split(content, [], quoted);
      expect(split(content, cuts, quoted)).toEqual(whole);
      const all = [...whole.lines, ...(whole.rest ? [whole.rest] : [])];
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
  expect(rest?.bytes.toString()).toBe('c');
});

test('a line feed in a quoted CSV field ends nothing, a stray quote opens nothing', () => {
  const { lines } = split(Buffer.from('a,"b\nc ""d""\n",e\nf"g,h\n"i",j\n'), [5, 6], true);
  expect(texts(lines)).toEqual(['a,"b\nc ""d""\n",e', 'f"g,h', '"i",j']);
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
    expect(rest).toBeNull();
    expect(lines).toHaveLength(3);
    expect(lines[1]!.bytes.equals(isCut ? long.subarray(0, LINE_KEPT_BYTES) : long)).toBe(true);
    expect(lines[1]!.whole).toEqual(isCut ? { length, hash: recordHash(long) } : undefined);
    expect(texts(lines.slice(2))).toEqual(['after']);
  });
});
