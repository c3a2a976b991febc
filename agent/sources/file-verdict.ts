import { isRotatedFrom, type FoundFile } from './file-discovery.ts';
import { SKIPPED, type FileState } from './file-identity.ts';
import type { Match } from './file-match.ts';

/**
 * What a look at the disk means. Nothing here looks at anything: what a look saw goes in, what it means comes out.
 *
 * All but one of the answers can be wrong without harm, since the next look or the opening of the file finds out. To take a
 * file for new is final: its lines get ids of their own. So a file is new only when nothing known is left that it could be.
 */

/** What a file has to do with something known: of which it holds the beginning at least. */
export interface Kin {
  /** `null`: nothing of that was stored yet. */
  readonly state: FileState | null;
  readonly match: Exclude<Match, 'other'>;
  readonly extent: Extent;
}

/** How much a file holds, compared to that where something known lies now. */
export type Extent =
  /** It holds nothing but what that holds. */
  | 'copy'
  /** It holds what that holds, to its end, and more: that is the copy. */
  | 'fuller'
  | 'other'
  /** That cannot be told now. */
  | 'unclear';

/** A file that is not where something known was read last. */
export interface Sighting {
  readonly file: FoundFile;
  /** `null`: it cannot be read now. */
  readonly kin: readonly Kin[] | null;
  /** Its first bytes, behind a header. */
  readonly head: Buffer;
  /** It was looked at before, and there was nothing in it to read. */
  readonly isPassed: boolean;
  /** It cannot be unpacked, now or ever. */
  readonly damage: Error | null;
}

/** Where that is now what was read from a file that is not where it was. */
export type Place =
  | { readonly kind: 'moved'; readonly sighting: Sighting }
  /** Only a copy is left that ends before what was stored. */
  | { readonly kind: 'cut'; readonly sighting: Sighting }
  /** A file that may hold it cannot be read now. */
  | { readonly kind: 'unclear' }
  | { readonly kind: 'gone' };

/** `isPatient`: it was not missed for long yet. */
export function placeOf(state: FileState, sightings: readonly Sighting[], isPatient: boolean): Place {
  const holding = (match: Match): Sighting | undefined =>
    sightings
      .filter(({ isPassed }) => !(state.gone && isPassed))
      .filter(({ kin }) => kin?.some((known) => known.state === state && known.match === match))
      .toSorted(fullestFirst)
      .find(({ file }) => match === 'same' || isRotatedFrom(state.base, file.path));
  const same = holding('same');
  if (same) return { kind: 'moved', sighting: same };
  if (state.gone) return { kind: 'gone' };
  const isUnclear = sightings.some(({ kin, file }) => kin === null && isRelative(state, file));
  if (isUnclear && isPatient) return { kind: 'unclear' };
  const cut = holding('prefix');
  return cut ? { kind: 'cut', sighting: cut } : { kind: 'gone' };
}

/** What a file is that holds nothing that was looked for. */
export function meaningOf({ kin, head }: Sighting): 'new' | 'copy' | 'unclear' {
  const known = kin?.filter(({ state }) => !state?.gone);
  if (known?.some(({ extent }) => extent === 'copy')) return 'copy';
  return known?.every(({ extent }) => extent === 'other') && head.length > 0 ? 'new' : 'unclear';
}

/**
 * Of what is known that which goes on in this file, although it was found where it was: what it was read from is but a copy of
 * this one, made earlier.
 */
export const goesOnIn = ({ file, kin, isPassed }: Sighting): FileState | null =>
  (!isPassed &&
    kin?.find(({ state, extent }) => extent === 'fuller' && state && state.at !== SKIPPED && isRelative(state, file))
      ?.state) ||
  null;

/**
 * Of new files that begin alike the fullest: the others may be copies of it, which the next look can tell, since more is
 * known of it then.
 */
export const fullestOfAlike = (files: readonly Sighting[]): readonly Sighting[] =>
  files.filter(
    (file, i) =>
      !files.some((other, j) => {
        if (i === j || !isAlike(file.head, other.head)) return false;
        const order = fullestFirst(other, file);
        return order < 0 || (order === 0 && j < i);
      }),
  );

const isAlike = (a: Buffer, b: Buffer): boolean => {
  const length = Math.min(a.length, b.length);
  return a.compare(b, 0, length, 0, length) === 0;
};

const isRelative = (state: FileState, file: FoundFile): boolean =>
  file.base === state.base || isRotatedFrom(state.base, file.path) || isRotatedFrom(file.base, state.path);

export const fullestFirst = ({ file: a }: Sighting, { file: b }: Sighting): number =>
  Number(a.gzip) - Number(b.gzip) || b.size - a.size;
