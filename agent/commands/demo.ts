import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const TEXT = `# The demo: a made-up platform, everything behind it real. Start from this for your own.
data_dir: ./store
spool: { size: 64MiB }
sources:
  demo: { type: demo, rate: 3, mapping: keepit }
destinations:
  events: { type: file, path: ./events.ndjson, own_events: true }
`;

/** Writes the demo's configuration below the current folder, where it can be read and changed, and gives back its path. */
export function demoConfig(): string {
  const folder = resolve('data', 'demo');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'audit-relay.yaml');
  writeFileSync(path, TEXT);
  return path;
}
