import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from '@jest/globals';
import { markPattern, writeCorpus } from '../../bench/corpus.ts';
import { command, configure, start } from '../support/agent-process.ts';
import { startElasticsearch } from '../support/elasticsearch-server.ts';
import { spawnElasticsearch } from '../support/elasticsearch-process.ts';
import { eventually } from '../support/fake-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const marksOf = (texts: readonly string[]): number[] => texts.map((text) => Number(markPattern.exec(text)?.[1]));
const countTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];

describe('run --once', () => {
  test('delivers a file to Elasticsearch and to a file, each event once, in order, and exits 0', async () => {
    using folder = temporaryFolder();
    await using server = await spawnElasticsearch();
    const corpus = join(folder.path, 'audit.ndjson');
    writeCorpus(corpus, 0, 20_000);
    const config = configure(folder.path, {
      sources: { exported: { type: 'file', paths: [corpus] } },
      destinations: {
        es: { type: 'elasticsearch', nodes: [server.url] },
        archive: { type: 'file', path: './out.ndjson' },
      },
    });
    const { code, stderr } = await command(['run', '--once', '--config', config]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(await server.counts()).toMatchObject({ stored: 20_000, duplicates: 0 });
    expect(marksOf(linesOf(join(folder.path, 'out.ndjson')))).toEqual(countTo(20_000));
    expect(marksOf(await server.documents()).sort((a, b) => a - b)).toEqual(countTo(20_000));
    const again = await command(['run', '--once', '--config', config]);
    expect(again.code).toBe(0);
    expect(await server.counts()).toMatchObject({ stored: 20_000, duplicates: 0 });
  });

  test('exits 1 when an event was set aside, and dead-letters shows which and exactly why', async () => {
    using folder = temporaryFolder();
    await using server = await startElasticsearch();
    server.faults.refuse = (document) =>
      document.includes('000000000007') ? { status: 400, type: 'document_parsing_exception', reason: 'no' } : null;
    writeCorpus(join(folder.path, 'audit.ndjson'), 0, 50);
    const config = configure(folder.path, {
      sources: { exported: { type: 'file', paths: ['./audit.ndjson'] } },
      destinations: { es: { type: 'elasticsearch', nodes: [server.url] } },
    });
    expect((await command(['run', '--once', '--config', config])).code).toBe(1);
    expect(server.counts().stored).toBe(49);
    const { code, stdout } = await command(['dead-letters', 'list', 'es', '--json', '--config', config]);
    expect(code).toBe(0);
    const letters = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ lane: 'es', reason: '400 document_parsing_exception: no' });
    expect(marksOf([letters[0]!['record'] as string])).toEqual([7]);
    const table = await command(['dead-letters', 'list', 'es', '--config', config]);
    expect(table.stdout).toContain('400 document_parsing_exception: no');
    const wrong = await command(['dead-letters', 'list', 'nowhere', '--config', config]);
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no lane named nowhere; the lanes are: es'),
    });
    expect((await command(['dead-letters', 'purge', 'es', '--config', config])).stdout).toContain(
      '1 dead letters of lane es are forgotten',
    );
  });

  test('gives up with 1 when nothing moves, and leaves everything for the next start', async () => {
    using folder = temporaryFolder();
    await using server = await startElasticsearch();
    server.faults.p503 = 1;
    writeCorpus(join(folder.path, 'audit.ndjson'), 0, 30);
    const config = configure(folder.path, {
      sources: { exported: { type: 'file', paths: ['./audit.ndjson'] } },
      destinations: { es: { type: 'elasticsearch', nodes: [server.url] } },
    });
    const { code, stderr } = await command(['run', '--once', '--give-up-after', '300ms', '--config', config]);
    expect(code).toBe(1);
    expect(stderr).toContain('events wait for the next start');
    server.faults.p503 = 0;
    expect((await command(['run', '--once', '--config', config])).code).toBe(0);
    expect(marksOf(server.documents())).toEqual(countTo(30));
  });

  test('exits 1 when damage took stored events, and tells of each loss by an event of its own', async () => {
    using folder = temporaryFolder();
    writeCorpus(join(folder.path, 'audit.ndjson'), 0, 1_000);
    const config = configure(folder.path, {
      sources: { exported: { type: 'file', paths: ['./audit.ndjson'] } },
      destinations: { archive: { type: 'file', path: './blocked/out.ndjson', own_events: true } },
    });
    writeFileSync(join(folder.path, 'blocked'), '');
    expect((await command(['run', '--once', '--give-up-after', '300ms', '--config', config])).code).toBe(1);
    rmSync(join(folder.path, 'blocked'));
    const database = new DatabaseSync(join(folder.path, 'store', 'spool.db'));
    const { first, last } = database.prepare('select * from block order by first desc limit 1 offset 1').get()!;
    database.prepare("update block set documents = x'00', records = x'00' where first = ?").run(first!);
    database.close();
    const { code, stderr } = await command(['run', '--once', '--config', config]);
    expect(code).toBe(1);
    const lost = Number(last) - Number(first) + 1;
    expect(stderr).toContain(`"lost":${lost}`);
    const events = linesOf(join(folder.path, 'blocked', 'out.ndjson')).map(
      (line) => JSON.parse(line) as { event: { code: string }; audit_relay?: { details: unknown } },
    );
    expect(events.filter(({ event }) => event.code === '8010')).toMatchObject([
      { audit_relay: { details: { what: `sequence ${String(first)} to ${String(last)}`, amount: `${lost} events` } } },
    ]);
    expect((await command(['status', '--config', config])).stdout).toMatch(
      new RegExp(`LOST[^]*archive .* ${lost} *\n`),
    );
  });

  test('reads the CSV that the platform’s own page exports', async () => {
    using folder = temporaryFolder();
    writeFileSync(
      join(folder.path, 'audit.csv'),
      '\ufeffUser,Area,Event,Event status,IP address,Time\r\n' +
        'jane@example.com,user,User signed in,Succeeded,203.0.113.7,2026-03-01T10:00:00Z\r\n' +
        '"joe ""the admin""",security,MFA disabled,Failed,2001:db8::1,2026-03-01T10:00:01Z\r\n',
    );
    const config = configure(folder.path, {
      sources: { exported: { type: 'file', paths: ['./audit.csv'], format: 'csv' } },
      destinations: { archive: { type: 'file', path: './out.ndjson' } },
    });
    expect((await command(['run', '--once', '--config', config])).code).toBe(0);
    expect(linesOf(join(folder.path, 'out.ndjson')).map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        event: { code: '1001', outcome: 'success' },
        user: { email: 'jane@example.com' },
        source: { ip: '203.0.113.7' },
        '@timestamp': '2026-03-01T10:00:00.000Z',
      },
      { event: { code: '5013', outcome: 'failure' }, user: { name: 'joe "the admin"' }, source: { ip: '2001:db8::1' } },
    ]);
  });

  test('a pipe is read to its end, bad lines included, and nothing is lost', async () => {
    using folder = temporaryFolder();
    const deep = `{"message":"deep","metadata":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`;
    const input = [
      '{"message":"User signed in","token":"a@b.example","succeeded":"true"}',
      '{broken',
      '[1,2]',
      deep,
      '{"__proto__":{"polluted":true},"message":"x"}',
    ].join('\n');
    const config = configure(folder.path, {
      sources: { pipe: { type: 'stdin' } },
      destinations: { archive: { type: 'file', path: './out.ndjson' } },
    });
    expect((await command(['run', '--config', config], { input })).code).toBe(0);
    const events = linesOf(join(folder.path, 'out.ndjson')).map(
      (line) => JSON.parse(line) as { event: { code: string; kind: string }; error?: { message: string } },
    );
    expect(events.map(({ event }) => event.code)).toEqual(['1001', '9090', '9090', '9090', '9000']);
    for (const { error } of events.slice(1, 4)) expect(error?.message).toMatch(/\w/);
  });
});

test('whoever reads what a command prints may stop reading: that ends it, and is no error', async () => {
  const input = '{"message":"User signed in"}\n'.repeat(100_000);
  const { child, ended } = start(['map'], { input });
  child.stdout!.once('data', () => child.stdout!.destroy());
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});

describe('a running agent', () => {
  test('answers status and dead-letters over its socket, refuses a second one, and stops within five seconds while its destination is down', async () => {
    using folder = temporaryFolder();
    const corpus = join(folder.path, 'audit.ndjson');
    writeCorpus(corpus, 0, 100);
    const config = configure(folder.path, {
      sources: { exported: { type: 'file', paths: [corpus] } },
      destinations: {
        dead: { type: 'elasticsearch', nodes: ['http://127.0.0.1:9'] },
        archive: { type: 'file', path: './out.ndjson' },
      },
    });
    const { child, ended } = start(['run', '--config', config]);
    const out = join(folder.path, 'out.ndjson');
    await eventually(() => linesOf(out).length === 100, 'the other lane to deliver');
    const status = JSON.parse((await command(['status', '--json', '--config', config])).stdout) as {
      running: { pid: number; lanes: Record<string, { state: string; reason: string }> };
      store: { unaccounted: number };
    };
    expect(status.running.pid).toBe(child.pid);
    expect(status.running.lanes['dead']).toMatchObject({
      state: 'failing',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    expect(status.store.unaccounted).toBe(0);
    expect((await command(['status', '--config', config])).stdout).toMatch(/dead +failing/);
    const second = await command(['run', '--config', config]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`pid ${child.pid!}`) });
    appendFileSync(corpus, '{"message":"half a li');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, signal: null });
    const stopped = JSON.parse((await command(['status', '--json', '--config', config])).stdout) as {
      running: null;
      store: { consumers: { name: string; pending: number }[] };
    };
    expect(stopped.running).toBeNull();
    expect(stopped.store.consumers.find(({ name }) => name === 'lane:dead')!.pending).toBeGreaterThanOrEqual(100);
  });
});
