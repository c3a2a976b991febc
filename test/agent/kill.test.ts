import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { markPattern, writeCorpus } from '../../bench/corpus.ts';
import { systemClock } from '../../agent/clock.ts';
import { command, configure, start } from '../support/agent-process.ts';
import { spawnElasticsearch } from '../support/elasticsearch-process.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KILLS = 30;
const EVENTS = 60_000;
/** One unclean stop repeats at most what was under way or settled after the last commit: four blocks of 500 (promise P4). */
const REPEATED_PER_KILL_MAX = 2_000;

test(`${KILLS} kills at random moments: nothing is lost, and what a file gets twice is bounded and has the same id`, async () => {
  using folder = temporaryFolder();
  const seed = Number(process.env['SEED'] ?? Math.floor(systemClock.random() * 2 ** 31));
  process.stderr.write(`kill test: SEED=${seed}\n`);
  const chance = new FakeClock(0, seed);
  await using server = await spawnElasticsearch({
    seed: (seed % 1_000) + 1,
    p429: 0.05,
    p503: 0.05,
    pResetBefore: 0.02,
    pResetAfter: 0.02,
    pItem429: 0.005,
  });
  const corpus = join(folder.path, 'audit.ndjson');
  const config = configure(folder.path, {
    sources: { exported: { type: 'file', paths: [corpus] } },
    destinations: {
      es: { type: 'elasticsearch', nodes: [server.url] },
      archive: { type: 'file', path: './out.ndjson' },
    },
  });
  for (let kill = 0; kill < KILLS; kill++) {
    writeCorpus(corpus, (kill * EVENTS) / KILLS, ((kill + 1) * EVENTS) / KILLS);
    const { child, ended } = start(['run', '--config', config, '--log-level', 'error']);
    await systemClock.sleep(250 + chance.random() * 900);
    child.kill('SIGKILL');
    const { signal, stderr } = await ended;
    expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
  }
  const last = await command(['run', '--once', '--config', config]);
  expect({ code: last.code, stderr: last.code === 0 ? '' : last.stderr }).toEqual({ code: 0, stderr: '' });

  // Elasticsearch: every event once, whatever was sent again.
  const stored = (await server.documents()).map((text) => Number(markPattern.exec(text)?.[1]));
  expect(stored).toHaveLength(EVENTS);
  expect(new Set(stored).size).toBe(EVENTS);
  expect(Math.max(...stored)).toBe(EVENTS - 1);

  // The file: every event at least once, repeats bounded, and each with the id it had before.
  const lines = readFileSync(join(folder.path, 'out.ndjson'), 'utf8').split('\n').slice(0, -1);
  const idOf = new Map<number, string>();
  for (const line of lines) {
    const { event } = JSON.parse(line) as { event: { id: string } };
    const mark = Number(markPattern.exec(line)?.[1]);
    expect(idOf.get(mark) ?? event.id).toBe(event.id);
    idOf.set(mark, event.id);
  }
  expect(idOf.size).toBe(EVENTS);
  expect(lines.length - EVENTS).toBeLessThanOrEqual(KILLS * REPEATED_PER_KILL_MAX);
  process.stderr.write(
    `kill test: ${KILLS} kills, ${EVENTS} events, 0 lost, ${lines.length - EVENTS} repeated in the file\n`,
  );
}, 240_000);
