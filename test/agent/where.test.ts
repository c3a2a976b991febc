import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkedConfig } from '../../agent/configuration.ts';
import { loadConfig, type Config } from '../../agent/options.ts';
import { loadNames } from '../../agent/query/names.ts';
import { laneFilters, readWhere } from '../../agent/where.ts';
import { ConfigError, type ConfigIssue } from '../../config/issues.ts';
import { loadPack } from '../../mappings/pack.ts';
import { writeCorpus } from '../../bench/corpus.ts';
import { ownRecord } from '../../agent/sources/own.ts';
import { command, configure } from '../support/agent-process.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { auditRecord, encoded } from '../support/mapped.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What is wrong with a configuration of one destination, whose YAML this is. */
async function issuesOf(destination: string): Promise<readonly ConfigIssue[]> {
  using folder = temporaryFolder();
  const path = join(folder.path, 'c.yaml');
  writeFileSync(
    path,
    `sources: { a: { type: demo } }\ndestinations:\n  out:\n    type: file\n    path: ./x\n${destination}`,
  );
  const checked = checkedConfig(path, { AREA: 'securty' }, new FakeClock(), new MemoryLog());
  const error = await checked.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (error === null) return [];
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).issues;
}

describe('a where that is wrong does not validate, and the place in it is shown', () => {
  test.each([
    ['plain', '    where: area:user and usr:jane\n', '6:26'],
    ['in single quotes', "    where: 'area:user and usr:jane'\n", '6:27'],
    ['in double quotes', '    where: "area:user and usr:jane"\n', '6:27'],
    ['over lines', '    where: area:user\n      and usr:jane\n', '7:11'],
    ['a block', '    where: |\n      area:user\n      and usr:jane\n', '8:11'],
    ['a folded block', '    where: >- # why\n      area:user\n\n      and usr:jane\n', '9:11'],
    // Where escapes make the text differ from the value, the whole is shown.
    ['with escapes', '    where: "area:\\u0075ser and usr:jane"\n', '6:12'],
  ])('%s', async (_name, yaml, place) => {
    const issues = await issuesOf(yaml);
    expect(issues.map(({ line, column }) => `${line}:${column}`)).toEqual([place]);
    expect(issues[0]).toMatchObject({
      path: 'destinations.out.where',
      message: 'there is no field usr',
      help: 'did you mean user?',
    });
  });

  test('every error at once', async () => {
    const issues = await issuesOf('    where: (ip:x or status:bad) and time >= -36h and keepit.connector.name:*\n');
    expect(issues.map(({ column, message }) => `${column} ${message}`)).toEqual([
      '16 x is no address',
      '28 bad is no status',
      '45 -36h would be another time after each start',
    ]);
  });

  test('an empty one, which would be no filter', async () => {
    expect(await issuesOf("    where: ''\n")).toHaveLength(1);
  });
});

test('the example configuration’s queries are right', async () => {
  const { usable } = loadConfig('config/example.yaml', { ES_API_KEY: 'key', HEC_TOKEN: 'token' });
  const wheres = Object.values(usable.destinations!).flatMap(({ where }) => where ?? []);
  expect(wheres).toHaveLength(1);
  const names = await loadNames(['keepit']);
  for (const where of wheres) expect(readWhere(where, names)).toMatchObject({ kind: 'query' });
});

test('a lane’s own events are a matter of own_events alone', async () => {
  const destination = { type: 'file', from: 'now', original: false, tags: [] };
  const filters = await laneFilters({
    sources: { a: { type: 'demo', mapping: 'keepit', tags: [] } },
    destinations: {
      security: { ...destination, where: 'area:security', own_events: false },
      securityAndOwn: { ...destination, where: 'area:security', own_events: true },
      all: { ...destination, own_events: false },
      allAndOwn: { ...destination, own_events: true },
    },
  } as unknown as Config);
  const platform = ['Security events', 'User events'].map((area) => auditRecord({ area, message: 'x' }));
  const [events] = encoded(await loadPack('keepit'), platform);
  const [own] = encoded(await loadPack('audit-relay'), [ownRecord(8010, 'gap', {}, 0, '1')]);
  const passed = [...filters].map(([name, filter]) => [name, filter(events!, 0), filter(events!, 1), filter(own!, 0)]);
  expect(passed).toEqual([
    ['security', true, false, false],
    ['securityAndOwn', true, false, true],
    ['all', true, true, false],
    ['allAndOwn', true, true, true],
  ]);
});

test('a lane delivers what its where finds, and counts the rest as filtered', async () => {
  using folder = temporaryFolder();
  const corpus = join(folder.path, 'audit.ndjson');
  writeCorpus(corpus, 0, 2_000);
  const config = configure(folder.path, {
    sources: { exported: { type: 'file', paths: [corpus] } },
    destinations: {
      all: { type: 'file', path: './all.ndjson' },
      some: { type: 'file', path: './some.ndjson', where: 'area:security and not user.email:alice*' },
    },
  });
  const { code, stderr } = await command(['run', '--once', '--config', config]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const lines = (name: string): string[] => readFileSync(join(folder.path, name), 'utf8').split('\n').slice(0, -1);
  const wanted = lines('all.ndjson').filter((line) => {
    const { event, user } = JSON.parse(line) as { event: { provider: string }; user: { email: string } };
    return event.provider === 'Security events' && !user.email.startsWith('alice');
  });
  expect(wanted.length).toBeGreaterThan(50);
  expect(lines('some.ndjson')).toEqual(wanted);
  const { stdout } = await command(['status', '--json', '--config', config]);
  const own = 2; // start and stop of the agent
  expect(JSON.parse(stdout)).toMatchObject({
    store: {
      unaccounted: 0,
      consumers: [
        { name: 'lane:all', acknowledged: 2_000, filtered: own },
        { name: 'lane:some', acknowledged: wanted.length, filtered: 2_000 - wanted.length + own, pending: 0 },
      ],
    },
  });
});
