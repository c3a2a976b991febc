import type { Content } from './file-content.ts';
import { FINGERPRINT_BYTES, firstLineHash, shortHash, SKIPPED, type FileState } from './file-identity.ts';

/** How a file's content compares to what is known of another. */
export type Match =
  /** It holds the last line that was stored, where it was stored: reading goes on behind it. */
  | 'same'
  /** It begins alike and ends before that: a copy made earlier, of which everything was read. */
  | 'prefix'
  | 'other';

const LF = 0x0a;

/** Compares content with a state. Cheap: two small reads, unless it is compressed. */
export async function matchContent(state: FileState, content: Content): Promise<Match> {
  const head = await content.bytes(state.begin, FINGERPRINT_BYTES);
  const [length, print] = state.print;
  if (head.length === 0) return 'other';
  // Nothing was stored, so there is but the half line that it is named after.
  if (length === 0) return isNamedAfter(state, firstLineHash(head)) ? 'same' : 'other';
  if (head.length < length) return startsAlike(state, head) ? 'prefix' : 'other';
  if (shortHash(head.subarray(0, length)) !== print) return 'other';
  if (state.at === SKIPPED || state.last === null) return 'same';
  if (await holdsLastLine(state, content)) return 'same';
  const size = (await content.size()) ?? (await unpackedSize(content, state.at));
  return size < state.at ? 'prefix' : 'other';
}

/** Whether the last line stored is still where it was. */
export async function holdsLastLine({ last }: FileState, content: Content): Promise<boolean> {
  if (last === null) return true;
  const [start, length, hash] = last;
  const line = await content.bytes(start, length);
  return line.length === length && shortHash(line) === hash;
}

/** Whether a file holds nothing but what another begins with, as far as its end (compressed: its beginning) shows. */
export async function isCopyOf(copy: Content, original: Content): Promise<boolean> {
  const size = await copy.size();
  const from = size === null ? 0 : Math.max(0, size - COMPARED_BYTES);
  const bytes = await copy.bytes(from, COMPARED_BYTES);
  return bytes.equals(await original.bytes(from, bytes.length));
}

const COMPARED_BYTES = 16 * 1024;

/** Too short for the fingerprint: its first line at least is the one the file is named after. */
const startsAlike = (state: FileState, head: Buffer): boolean =>
  head.includes(LF) && isNamedAfter(state, firstLineHash(head));

const isNamedAfter = ({ id }: FileState, firstLine: string): boolean =>
  id === firstLine || id.startsWith(`${firstLine}.`);

/** The size of compressed content, counted no further than `enough`. */
async function unpackedSize(content: Content, enough: number): Promise<number> {
  const byte = await content.bytes(enough - 1, 1);
  return byte.length === 1 ? enough : 0;
}
