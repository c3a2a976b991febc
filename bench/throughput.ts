import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from '../agent/table.ts';
import { spawnElasticsearch } from '../test/support/elasticsearch-process.ts';
import { writeCorpus } from './corpus.ts';
import { measure } from './measure.ts';

/**
 * File to Elasticsearch, durable, the full mapping of the platform, measured from outside; beside it JSON.parse and
 * JSON.stringify of the same records alone, the least any JavaScript program must do. `npm run bench -- --events 1000000`.
 */
const { values } = parseArgs({
  options: { events: { type: 'string', default: '200000' }, runs: { type: 'string', default: '3' } },
});
const events = Number(values.events);
const runs = Number(values.runs);
const work = new URL('./work/', import.meta.url).pathname;
const corpus = `${work}corpus-${events}.ndjson`;
const results = new URL('./results.md', import.meta.url).pathname;

mkdirSync(work, { recursive: true });
if (!existsSync(corpus)) writeCorpus(corpus, 0, events);

const limit = parseAndStringify();
const rows: string[][] = [['what', 'events/s', 'CPU-s per million', 'peak MB', 'of the limit', 'lost', 'doubled']];
rows.push([
  'JSON.parse + JSON.stringify alone, one thread',
  thousands(limit),
  (1e6 / limit).toFixed(1),
  '-',
  '1.00',
  '-',
  '-',
]);
for (let run = 1; run <= runs; run++) rows.push(await fileToElasticsearch(run));
report(rows);

async function fileToElasticsearch(run: number): Promise<string[]> {
  await using server = await spawnElasticsearch();
  const folder = `${work}run`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(
    `${folder}/audit-relay.yaml`,
    `data_dir: ./store
sources: { corpus: { type: file, paths: [${JSON.stringify(corpus)}], format: ndjson } }
destinations: { es: { type: elasticsearch, nodes: [${JSON.stringify(server.url)}], gzip: false } }
`,
  );
  const agent = [new URL('../bin/audit-relay.js', import.meta.url).pathname, 'run', '--once', '--log-level', 'warn'];
  const measured = await measure(process.execPath, [
    '--max-semi-space-size=8',
    ...agent,
    '--config',
    `${folder}/audit-relay.yaml`,
  ]);
  if (measured.exitCode !== 0) throw new Error(`the agent ended with ${measured.exitCode}: ${measured.stderr}`);
  const { stored, duplicates } = await server.counts();
  const rate = events / measured.seconds;
  return [
    `file to Elasticsearch, durable, full mapping (run ${run}, start and stop included)`,
    thousands(rate),
    ((measured.cpuSeconds / events) * 1e6).toFixed(1),
    measured.peakMb.toFixed(0),
    (rate / limit).toFixed(2),
    `${events - stored}`,
    `${duplicates}`,
  ];
}

/** Events a second. */
function parseAndStringify(): number {
  const lines = readFileSync(corpus, 'latin1')
    .split('\n')
    .slice(0, 200_000)
    .filter((line) => line !== '');
  const started = performance.now();
  let bytes = 0;
  for (const line of lines) bytes += JSON.stringify(JSON.parse(line)).length;
  if (bytes === 0) throw new Error('the corpus is empty');
  return lines.length / ((performance.now() - started) / 1000);
}

function report(rows: readonly (readonly string[])[]): void {
  const text = table(rows);
  process.stdout.write(text);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
  const heading = `\n## ${new Date().toISOString().slice(0, 16)}Z, commit ${commit}, ${events} events, ${machine}\n`;
  appendFileSync(results, `${heading}\n\`\`\`\n${text}\`\`\`\n`);
}

function thousands(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}
