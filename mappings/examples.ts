import { isDeepStrictEqual } from 'node:util';
import type { Pack } from './compile.ts';
import { createEncoder } from './encode.ts';
import type { Example } from './pack-definition.ts';
import { recordHash } from './record.ts';
import { slice } from './slices.ts';

const READ_AT = '2026-01-01T00:00:00.000Z';

/** Maps a pack's examples and compares what each expects with what came out: a line for each field that differs. */
export function runExamples(pack: Pack): { readonly passed: number; readonly differences: string[] } {
  const different = pack.examples.map((example, i) =>
    subsetDifferences(example.expected, mapped(pack, example), '').map((line) => `example ${i + 1}: ${line}`),
  );
  return { passed: different.filter((lines) => lines.length === 0).length, differences: different.flat() };
}

function mapped(pack: Pack, { record }: Example): unknown {
  const encoder = createEncoder({
    pack,
    source: { name: 'example', id: 'example', tags: [] },
    agent: { id: 'example', name: 'example', version: '0' },
  });
  const bytes = Buffer.from(JSON.stringify(record));
  encoder.add({ bytes, fields: record, nativeId: 'example', hash: recordHash(bytes) }, READ_AT);
  const { documents } = encoder.finish()[0]!;
  return JSON.parse(Buffer.from(slice(documents, 0)).toString());
}

/** Objects may say less than what came out; everything else must be equal. */
function subsetDifferences(expected: unknown, actual: unknown, path: string): readonly string[] {
  if (isObject(expected) && isObject(actual)) {
    return Object.entries(expected).flatMap(([name, value]) =>
      subsetDifferences(value, actual[name], path === '' ? name : `${path}.${name}`),
    );
  }
  if (isDeepStrictEqual(expected, actual)) return [];
  return [`${path}: expected ${JSON.stringify(expected)}, came out as ${JSON.stringify(actual)}`];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
