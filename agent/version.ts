import { readFileSync } from 'node:fs';

const manifest = import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json';

/** The package's version; the compiled files lie one folder deeper than the sources. */
export const version = (): string =>
  (JSON.parse(readFileSync(new URL(manifest, import.meta.url), 'utf8')) as { version: string }).version;
