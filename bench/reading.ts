/**
 * How fast the file source reads: `node bench/reading.ts [lines]`. Writes a file of demo records, reads it through the source
 * as the agent would, and prints microseconds a line (parsing, hashing and ids included).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../agent/clock.ts';
import { demoRecord } from '../agent/sources/demo.ts';
import { file } from '../agent/sources/file.ts';
import { sourceParts } from '../test/support/source-parts.ts';

const RUNS = 5;
const lines = Number(process.argv[2] ?? 200_000);
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const folder = await mkdtemp(join(tmpdir(), 'audit-relay-bench-'));
try {
  const path = join(folder, 'records.ndjson');
  const texts = Array.from(
    { length: lines },
    (_, n) => `${Buffer.from(demoRecord(1, n, timeOf(n)).bytes).toString()}\n`,
  );
  await writeFile(path, texts.join(''));
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  console.log(`${lines} lines of ${Math.round(bytes / lines)} bytes`);
  for (let run = 1; run <= RUNS; run++) console.log(`run ${run}: ${(await read(path)).toFixed(2)} µs a line`);
} finally {
  await rm(folder, { recursive: true });
}

async function read(path: string): Promise<number> {
  const options = { paths: [path], exclude: [], format: 'ndjson', read_from: 'beginning', poll_ms: 250 } as const;
  const source = await file.open(options, sourceParts({ clock: systemClock, log: silent }));
  const start = performance.now();
  let count = 0;
  for await (const page of source.read(null, new AbortController().signal)) count += page.records.length;
  if (count !== lines) throw new Error(`read ${count} of ${lines} lines`);
  return ((performance.now() - start) * 1000) / lines;
}

function timeOf(n: number): string {
  return new Date(Date.UTC(2026, 0, 1) + n * 100).toISOString();
}
