import { expect, test } from '@jest/globals';
import { RecentBlocks } from '../../../agent/store/recent-blocks.ts';
import { block } from '../../support/blocks.ts';

test('gives the block with the next event, and nothing that it has let go of', () => {
  const one = block(1, 10);
  const bytes = one.documents.bytes.length + one.records.bytes.length + one.heads.bytes.length;
  const recent = new RecentBlocks(bytes * 3.5);
  for (let first = 1; first <= 41; first += 10) recent.add(block(first, 10));
  expect(recent.after(0)).toBeNull();
  expect(recent.after(19)).toBeNull();
  expect(recent.after(20)?.first).toBe(21);
  expect(recent.after(29)?.first).toBe(21);
  expect(recent.after(30)?.first).toBe(31);
  expect(recent.after(50)).toBeNull();
});

test('keeps the newest block however large it is', () => {
  const recent = new RecentBlocks(1);
  recent.add(block(1, 10));
  expect(recent.after(0)?.first).toBe(1);
});
