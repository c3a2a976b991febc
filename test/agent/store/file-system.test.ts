import { expect, test } from '@jest/globals';
import { StoreUnusable } from '../../../agent/store/errors.ts';
import { copyOnWrite, refuseFileSystem } from '../../../agent/store/file-system.ts';

test.each([
  ['NFS', 0x6969],
  ['SMB', 0x517b],
  ['SMB2', 0xfe534d42],
  ['CIFS', 0xff534d42],
  ['FUSE', 0x65735546],
])('%s is refused, and what to do is said', (name, type) => {
  const refused = () => refuseFileSystem('/data', type);
  expect(refused).toThrow(StoreUnusable);
  expect(refused).toThrow(new RegExp(`/data lies on ${name}.*use a local disk`));
});

test('local file systems are taken; those that copy on write are known', () => {
  for (const ext4OrTmpfs of [0xef53, 0x1021994]) {
    expect(() => refuseFileSystem('/data', ext4OrTmpfs)).not.toThrow();
    expect(copyOnWrite('/data', ext4OrTmpfs)).toBeNull();
  }
  expect(copyOnWrite('/data', 0x9123683e)).toBe('btrfs');
});
