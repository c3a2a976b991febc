import { watch, type FSWatcher } from 'node:fs';
import { glob, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';

/** A file that may hold lines to read, as one look found it. */
export interface FoundFile {
  readonly path: string;
  /** The pattern that names it, or that names the file it is a sibling of; `null`: sibling of one known from before. */
  readonly pattern: string | null;
  /** The file it is a rotated sibling of; itself when a pattern names it. */
  readonly base: string;
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly gzip: boolean;
}

export interface Patterns {
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
}

/** Told of what cannot be looked at, with the error's code, and of what can. */
export interface Troubles {
  failed(path: string, error: unknown): void;
  fine(path: string): void;
}

/** What a rotation adds to a name: `.1`, `-20260101`, `.old`, each perhaps compressed. */
const ROTATED = /^(?:[-._](?:[-._:TZ\d]*\d[TZ]?|old|bak|prev))?(?:\.gz)?$/;
const IS_PATTERN = /[*?[\]{}!()]/;

/** Every file the patterns name and the rotated siblings of those (and of `bases`, known before), each inode once. */
export async function findFiles(
  { paths, exclude }: Patterns,
  bases: Iterable<string>,
  troubles: Troubles,
): Promise<readonly FoundFile[]> {
  const named = new Map<string, string>();
  for (const pattern of paths) {
    if (!IS_PATTERN.test(pattern)) named.set(pattern, pattern);
    else for await (const path of glob(pattern, { exclude: [...exclude] })) named.set(path, named.get(path) ?? pattern);
  }
  const found = new Map<string, FoundFile>();
  const look = async (path: string, base: string): Promise<void> => {
    const file = await lookAt(path, base, named.get(base) ?? null, troubles);
    if (file && !found.has(inodeOf(file))) found.set(inodeOf(file), file);
  };
  for (const path of named.keys()) await look(path, path);
  for (const [path, base] of await siblings(new Set([...named.keys(), ...bases]))) {
    if (!named.has(path)) await look(path, base);
  }
  return [...found.values()];
}

export const inodeOf = (file: { readonly dev: number; readonly ino: number }): string => `${file.dev}:${file.ino}`;

async function lookAt(
  path: string,
  base: string,
  pattern: string | null,
  troubles: Troubles,
): Promise<FoundFile | null> {
  try {
    const stats = await stat(path);
    const { dev, ino, size, mtimeMs, ctimeMs } = stats;
    if (!stats.isFile()) {
      // A pattern may well match folders; a path that was given in full should not be one.
      if (pattern === path) troubles.failed(path, Object.assign(new Error('not a file'), { code: 'ENOTFILE' }));
      return null;
    }
    troubles.fine(path);
    return { path, pattern, base, dev, ino, size, mtimeMs, ctimeMs, gzip: path.endsWith('.gz') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') troubles.fine(path);
    else troubles.failed(path, error);
    return null;
  }
}

async function siblings(bases: ReadonlySet<string>): Promise<Map<string, string>> {
  const byFolder = new Map<string, string[]>();
  for (const base of bases) {
    const folder = dirname(base);
    const names = byFolder.get(folder);
    if (names) names.push(basename(base));
    else byFolder.set(folder, [basename(base)]);
  }
  const found = new Map<string, string>();
  for (const [folder, names] of byFolder) {
    const present = await readdir(folder).catch(() => []);
    for (const name of present) {
      const base = names.find((other) => isSibling(other, name));
      if (base !== undefined) found.set(join(folder, name), join(folder, base));
    }
  }
  return found;
}

/** Whether a path is one that the rotation of `base` gives. */
export const isRotatedFrom = (base: string, path: string): boolean =>
  dirname(base) === dirname(path) && isSibling(basename(base), basename(path));

/** `app.log` has the siblings `app.log.1`, `app.log-20260101.gz` and `app-20260101.log`. */
function isSibling(base: string, name: string): boolean {
  if (name === base) return false;
  if (name.startsWith(base)) return ROTATED.test(name.slice(base.length));
  const { name: stem, ext } = parse(base);
  if (ext === '' || !name.startsWith(stem)) return false;
  const plain = name.endsWith('.gz') ? name.slice(0, -3) : name;
  return plain.endsWith(ext) && ROTATED.test(plain.slice(stem.length, -ext.length));
}

/**
 * Watches the folders of the patterns, where the system can. `changed` is told whether names changed (a file came, went or
 * was renamed) or only content. Nothing depends on it: polling finds the same, later.
 */
export function watchFolders(paths: readonly string[], changed: (names: boolean) => void): Disposable {
  const watchers: FSWatcher[] = [];
  for (const folder of new Set(paths.map(fixedFolder))) {
    try {
      const watcher = watch(folder, { persistent: false }, (type) => changed(type === 'rename'));
      watcher.on('error', () => watcher.close());
      watchers.push(watcher);
    } catch {
      // The folder does not exist yet, or no more watches are to be had: polling it is.
    }
  }
  return { [Symbol.dispose]: () => watchers.forEach((watcher) => watcher.close()) };
}

function fixedFolder(pattern: string): string {
  let folder = dirname(pattern);
  while (IS_PATTERN.test(folder)) folder = dirname(folder);
  return folder;
}
