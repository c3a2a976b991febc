import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';

/** A file as text, or what is wrong with it; never more than `bytesMax` of it is read, whatever it is. */
export type TextRead =
  | { readonly text: string; readonly stats: Stats }
  /** `problem` goes on from the name of the file. */
  | { readonly problem: string };

export function readText(path: string, bytesMax: number): TextRead {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    return { problem: `cannot be read (${codeOf(error)})` };
  }
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) return { problem: 'is a folder' };
    const bytes = readAtMost(file, bytesMax + 1);
    if (bytes.length > bytesMax) return { problem: `has more than ${bytesMax.toLocaleString('en-US')} bytes` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), stats };
  } catch (error) {
    const code = codeOf(error);
    return { problem: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8 text' : `cannot be read (${code})` };
  } finally {
    closeSync(file);
  }
}

/** A pipe gives what it has in pieces, and a device never ends. */
function readAtMost(file: number, most: number): Buffer {
  const buffer = Buffer.alloc(most);
  let at = 0;
  while (at < most) {
    const read = readSync(file, buffer, at, most - at, null);
    if (read === 0) break;
    at += read;
  }
  return buffer.subarray(0, at);
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
