import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blockHash, digestsOf, noBlock } from '../../../agent/store/chain.ts';
import { slices } from '../../support/blocks.ts';

const sha256 = (...parts: Uint8Array[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

const eventsOf = (texts: readonly (readonly [string, string])[]) => ({
  documents: slices(texts.map(([document]) => document)),
  records: slices(texts.map(([, record]) => record)),
  heads: slices(texts.map(() => '[]')),
});

test('an event’s digest is SHA-256 over the length of its document, the document and the record', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 20 }), (texts) => {
      const expected = texts.map(([document, record]) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(Buffer.byteLength(document));
        return sha256(length, Buffer.from(document), Buffer.from(record));
      });
      expect(Buffer.from(digestsOf(eventsOf(texts))).toString('hex')).toBe(expected.join(''));
    }),
  );
});

test('moving a byte from the document to the record changes the digest', () => {
  expect(digestsOf(eventsOf([['ab', 'c']]))).not.toEqual(digestsOf(eventsOf([['a', 'bc']])));
});

test('a block’s hash is over the block before, the epoch, the first sequence number and the digests', () => {
  const digests = digestsOf(eventsOf([['a', 'b']]));
  const hash = blockHash({ epoch: 1_767_225_600, first: 42, previous: noBlock }, digests);
  const place = Buffer.alloc(16);
  place.writeBigUInt64BE(1_767_225_600n);
  place.writeBigUInt64BE(42n, 8);
  expect(Buffer.from(hash).toString('hex')).toBe(sha256(noBlock, place, digests));
});
