/** Texts end to end in one buffer, which can be handed to another thread. Text i lies from `ends[i - 1]` (or 0) to `ends[i]`. */
export interface Slices {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

export const count = (slices: Slices): number => slices.ends.length;
export const startOf = (slices: Slices, i: number): number => (i === 0 ? 0 : slices.ends[i - 1]!);
export const slice = (slices: Slices, i: number): Uint8Array =>
  slices.bytes.subarray(startOf(slices, i), slices.ends[i]);

/** Texts `from` up to and without `to`, sharing the bytes. */
export function range(slices: Slices, from: number, to: number): Slices {
  if (from === 0 && to === count(slices)) return slices;
  const base = startOf(slices, from);
  const ends = slices.ends.slice(from, to);
  for (let i = 0; i < ends.length; i++) ends[i]! -= base;
  return { bytes: slices.bytes.subarray(base, from === to ? base : slices.ends[to - 1]!), ends };
}

/** All texts of all parts, copied into one buffer; a single part is given back as it is. */
export function concat(parts: readonly Slices[]): Slices {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0));
  const ends = new Uint32Array(parts.reduce((sum, part) => sum + part.ends.length, 0));
  let at = 0;
  let n = 0;
  for (const part of parts) {
    bytes.set(part.bytes, at);
    for (const end of part.ends) ends[n++] = at + end;
    at += part.bytes.length;
  }
  return { bytes, ends };
}

/** Texts put end to end. */
export function slicesOf(texts: readonly Uint8Array[]): Slices {
  let end = 0;
  const ends = Uint32Array.from(texts, (text) => (end += text.length));
  return { bytes: new Uint8Array(Buffer.concat(texts)), ends };
}
