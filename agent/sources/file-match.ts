import type { Content } from './file-content.ts';
import { FINGERPRINT_BYTES, firstLineHash, shortHash, type FileState } from './file-identity.ts';

/** How a file's content compares to what is known of another. */
export type Match =
  /** It holds the last line that was stored, where it was stored: reading goes on behind it. */
  | 'same'
  /** It begins alike and ends before that, as a copy does that was made earlier. */
  | 'prefix'
  /** It holds but a part of a first line: too little to say anything. */
  | 'stub'
  | 'other';

const LF = 0x0a;

/** Compares content with a state. Cheap: two small reads, unless it is compressed. */
export const matchContent = (state: FileState, content: Content): Promise<Match> => matcher(content)(state);

/** The same, for many states: what is asked for each of them is read once. */
export function matcher(content: Content): (state: FileState) => Promise<Match> {
  const heads = new Map<number, Promise<Buffer>>();
  return async (state) => {
    const head = heads.get(state.begin) ?? content.bytes(state.begin, FINGERPRINT_BYTES);
    heads.set(state.begin, head);
    return matchHead(state, await head) ?? matchEnd(state, content);
  };
}

/** `null`: it begins alike, and what follows decides. */
function matchHead(state: FileState, head: Buffer): Match | null {
  const [length, print] = state.print;
  if (head.length === 0) return 'other';
  if (head.length >= length) return shortHash(head.subarray(0, length)) === print ? null : 'other';
  if (!head.includes(LF)) return 'stub';
  return isNamedAfter(state, head) ? 'prefix' : 'other';
}

async function matchEnd(state: FileState, content: Content): Promise<Match> {
  if (await holdsLastLine(state, content)) return 'same';
  const size = await content.size();
  const isShorter = size === null ? (await content.bytes(state.at - 1, 1)).length === 0 : size < state.at;
  return isShorter ? 'prefix' : 'other';
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

function isNamedAfter({ id }: FileState, head: Buffer): boolean {
  const firstLine = firstLineHash(head);
  return id === firstLine || id.startsWith(`${firstLine}.`);
}
