import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pack, unpack, unpackIntactStart } from '../../../agent/store/block-codec.ts';
import { count, slice } from '../../../mappings/slices.ts';
import { slices } from '../../support/blocks.ts';

const textsOf = (packed: ReturnType<typeof unpack>): string[] =>
  Array.from({ length: count(packed) }, (_, i) => Buffer.from(slice(packed, i)).toString());

test('what is packed is unpacked as it was, empty texts too', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 50 }), (texts) => {
      expect(textsOf(unpack(pack(slices(texts))))).toEqual(texts.map((text) => Buffer.from(text).toString()));
    }),
  );
});

test('of a block that was cut off, the texts before the cut are read', async () => {
  const texts = Array.from({ length: 100 }, () => randomBytes(3_000).toString('hex'));
  const packed = pack(slices(texts));
  const start = textsOf(await unpackIntactStart(packed.subarray(0, packed.length / 2)));
  expect(start.length).toBeGreaterThan(10);
  expect(start).toEqual(texts.slice(0, start.length));
});
