import type { FoundFile } from './file-discovery.ts';
import type { FileState } from './file-identity.ts';
import type { Gap } from './source.ts';

/** What the file source says about lines that it cannot read. `seen`: the file as a look found it last. */

export const lostGap = ({ path, at }: FileState, seen: FoundFile | null, isReplaced: boolean): Gap => ({
  what: `${path}, from byte ${at}`,
  amount: seen && seen.size > at ? `${seen.size - at} bytes at least` : null,
  why: isReplaced
    ? 'the file was truncated or replaced, and no copy of what it held was found'
    : 'the file is gone, and none with its content was found; what was written to it since it was read is unknown',
  since: seen && since(seen),
});

export const copyGap = (path: string, copy: string): Gap => ({
  what: `${path}, between its copy to ${copy} and its truncation`,
  amount: null,
  why: 'what is written between copying and truncating a file is lost to everybody, if there was anything',
  since: null,
});

export const cutGap = ({ path, at }: FileState, copy: string, seen: FoundFile | null): Gap => ({
  what: `${path}, from byte ${at}; and ${copy}, if it is no copy of it`,
  amount: seen && seen.size > at ? `${seen.size - at} bytes at least` : null,
  why: 'the file is truncated or gone, and what begins like it ends before what was read of it: it is taken for a copy made earlier',
  since: seen && since(seen),
});

export const damageGap = (file: FoundFile, at: number, { message }: Error): Gap => ({
  what: `${file.path}, from byte ${at} of its content`,
  amount: null,
  why: message,
  since: since(file),
});

export const unreadGap = (file: FoundFile): Gap => ({
  what: file.path,
  amount: `${file.size} bytes`,
  why: 'the file was seen, and was gone before it could be read',
  since: since(file),
});

const since = ({ mtimeMs }: FoundFile): string => new Date(mtimeMs).toISOString();
