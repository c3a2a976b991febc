import type { Content } from './file-content.ts';
import type { FoundFile } from './file-discovery.ts';
import {
  FINGERPRINT_BYTES,
  firstLineHash,
  shortHash,
  SKIPPED,
  type FileNames,
  type FileState,
} from './file-identity.ts';
import { readStart } from './file-start.ts';
import type { LineFormat } from './parse-record.ts';

/** Content that is not read, or not from its beginning, is to be known again all the same. */

/**
 * The state of a file that is not to be read (`SKIPPED`), or only behind its last line feed (`end`). `null`: it holds none, so
 * that there is nothing to skip.
 */
export async function skip(
  content: Content,
  { dev, ino, base, path, size: seen }: FoundFile,
  to: typeof SKIPPED | 'end',
  format: LineFormat,
  names: FileNames,
): Promise<FileState | null> {
  const begin = (await readStart(content, format))?.begin ?? 0;
  const head = await content.bytes(begin, FINGERPRINT_BYTES);
  const size = await content.size();
  const end = to === SKIPPED ? (size ?? seen) : await lastLineEnd(content, begin, size ?? seen);
  if (to === 'end' && end === begin) return null;
  const known: Anchor =
    size === null
      ? // To know the end of what is compressed, all of it would have to be unpacked.
        { last: null, print: [head.length, shortHash(head)] }
      : await anchor(content, begin, Math.max(begin, end));
  const id = names.take(firstLineHash(head));
  const at = to === SKIPPED ? SKIPPED : end;
  return { id, base, path, dev, ino, begin, at, ...known, done: to === SKIPPED, gone: false };
}

/** What content is known by when all it holds counts as stored. */
export async function skipToEnd(content: Content, begin: number): Promise<Anchor & Pick<FileState, 'at'>> {
  const at = await wholeSize(content);
  return { at, ...(await anchor(content, begin, at)) };
}

type Anchor = Pick<FileState, 'last' | 'print'>;

/** What content is known by when everything before `at` counts as stored. */
async function anchor(content: Content, begin: number, at: number): Promise<Anchor> {
  const length = Math.min(at - begin, FINGERPRINT_BYTES);
  const head = await content.bytes(begin, length);
  const tail = await content.bytes(at - length, length);
  return { last: [at - length, length, shortHash(tail)], print: [length, shortHash(head)] };
}

async function wholeSize(content: Content): Promise<number> {
  const size = await content.size();
  if (size !== null) return size;
  let counted = 0;
  for (let block = await content.next(); block; block = await content.next()) counted += block.length;
  return counted;
}

/** The offset behind the last line feed, at least `begin`. */
async function lastLineEnd(content: Content, begin: number, size: number): Promise<number> {
  const from = Math.max(begin, size - LAST_LINE_SEARCH_BYTES);
  const end = (await content.bytes(from, size - from)).lastIndexOf(0x0a);
  return end === -1 ? (from === begin ? begin : size) : from + end + 1;
}

/** A half line longer than this is given up when reading begins at the end. */
const LAST_LINE_SEARCH_BYTES = 1024 * 1024;
