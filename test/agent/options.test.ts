import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkedConfig } from '../../agent/configuration.ts';
import { generated } from '../../agent/generate-reference.ts';
import { configSchema, dataDirOf, loadConfig } from '../../agent/options.ts';
import type { ConfigError } from '../../config/issues.ts';
import type { Schema } from '../../config/schema.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const env = { ES_API_KEY: 'key', HEC_TOKEN: 'token' };

function check(text: string): Promise<unknown> {
  using folder = temporaryFolder();
  const path = join(folder.path, 'c.yaml');
  writeFileSync(path, text);
  return checkedConfig(path, {}, new FakeClock(), new MemoryLog());
}

test('the example configuration is valid and shows every kind of source and destination but stdin and demo', () => {
  const { usable, issues, warnings } = loadConfig('config/example.yaml', env);
  expect([...issues, ...warnings]).toEqual([]);
  expect(new Set(Object.values(usable.destinations!).map(({ type }) => type))).toEqual(
    new Set(['elasticsearch', 'splunk_hec', 'syslog', 'file']),
  );
});

test.each([...generated()])('%s is what npm run generate makes', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text);
});

/** Every option of a schema, however deep. */
function optionNames(schema: Schema): string[] {
  if (schema.type === 'array') return optionNames(schema.items);
  if (schema.type !== 'object') return [];
  if ('oneOf' in schema) return schema.oneOf.flatMap(optionNames);
  if (!('properties' in schema)) return optionNames(schema.additionalProperties);
  return Object.entries(schema.properties).flatMap(([name, inner]) => [name, ...optionNames(inner)]);
}

test('the reference page names every option of every kind', () => {
  const page = generated().get('docs/reference/configuration.md')!;
  const missing = optionNames(configSchema).filter((name) => name !== 'type' && !page.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

test('the README’s configuration is valid', async () => {
  const readme = readFileSync('README.md', 'utf8');
  const [, yaml] = /```yaml\n([^]*?)```/.exec(readme)!;
  const text = yaml!.replaceAll(/^ {3}/gm, '').replace('${ES_API_KEY}', 'key');
  expect(parse(text)).toHaveProperty('sources.exported');
  await expect(check(text)).resolves.toBeDefined();
});

describe('what would not start does not validate', () => {
  const destination = 'destinations: { out: { type: file, path: ./x } }\n';
  test.each([
    [
      'a mapping pack that is not there',
      `sources: { a: { type: demo, mapping: keepitt } }\n${destination}`,
      'no mapping pack keepitt',
    ],
    [
      'a certificate that is not there',
      'sources: { a: { type: demo } }\ndestinations: { s: { type: syslog, address: "tls://x", enterprise_number: 1, tls: { ca: ./none.pem } } }\n',
      'none.pem cannot be read',
    ],
    [
      'a destination without an address',
      'sources: { a: { type: demo } }\ndestinations: { e: { type: elasticsearch } }\n',
      'either nodes or cloud_id',
    ],
    [
      'two sources with one id',
      `sources: { a: { type: demo }, b: { type: demo, id: a } }\n${destination}`,
      "the id a is source a's too",
    ],
    ['the agent’s own id', `sources: { agent: { type: demo } }\n${destination}`, "kept for the agent's own events"],
    [
      'a spool that is too small',
      `spool: { size: 10MiB }\nsources: { a: { type: demo } }\n${destination}`,
      'at least 64MiB',
    ],
    [
      'a time that is none',
      'sources: { a: { type: demo } }\ndestinations: { out: { type: file, path: ./x, from: 2026-99-99 } }\n',
      'expected now, oldest, or a time',
    ],
    ['a name with a space', `sources: { "a b": { type: demo } }\n${destination}`, 'the name is not made of'],
    [
      'a data directory that is a file',
      `data_dir: ${new URL(import.meta.url).pathname}\nsources: { a: { type: demo } }\n${destination}`,
      'is not a folder',
    ],
    [
      'two sources that share standard input',
      `sources: { a: { type: stdin }, b: { type: stdin } }\n${destination}`,
      "standard input is sources.a's already",
    ],
    [
      'two destinations that write one file',
      'sources: { a: { type: demo } }\ndestinations: { a: { type: file, path: ./x }, b: { type: file, path: ./y/../x } }\n',
      "/x is destinations.a's already",
    ],
    [
      'a source that reads what a destination writes',
      'sources: { a: { type: file, paths: ["./*"] } }\ndestinations: { out: { type: file, path: ./x } }\n',
      'it would read what destinations.out writes',
    ],
    [
      'a source that reads the store',
      `data_dir: ./data\nsources: { a: { type: file, paths: ["./data/**"] } }\n${destination}`,
      'it would read what data_dir writes',
    ],
    ['no destination', 'sources: { a: { type: demo } }\ndestinations: {}\n', 'at least one is needed'],
  ])('%s', async (_name, text, said) => {
    await expect(check(text)).rejects.toThrow(said);
  });
});

test('a source may exclude what a destination writes beside its files', async () => {
  const text =
    'sources: { a: { type: file, paths: ["./*"], exclude: [./x] } }\ndestinations: { out: { type: file, path: ./x } }\n';
  await expect(check(text)).resolves.toBeDefined();
});

test('everything that is wrong is said at once: by the schema, between parts, and by the parts as they are opened', async () => {
  const text = [
    'spool: { size: 10MB }',
    'sources:',
    '  "a b": { type: demo, mapping: keepitt }',
    '  c: { type: stdin, tags: x }',
    '  d: { type: demo, id: c }',
    '  e: { type: demo, mapping: ./none.yaml }',
    'destinations:',
    '  out: { type: file }',
    '  es: { type: elasticsearch }',
    '  sys: { type: syslog, address: "tls://x", enterprise_number: 1, tls: { ca: ./none.pem } }',
  ].join('\n');
  const error = (await check(text).then(null, (reason: unknown) => reason)) as ConfigError;
  expect(error.issues.map(({ line, path }) => `${line} ${path}`)).toEqual([
    '1 spool.size',
    '3 sources.a b',
    '4 sources.c.tags',
    '5 sources.d',
    '6 sources.e.mapping',
    '8 destinations.out',
    '9 destinations.es',
    '10 destinations.sys',
  ]);
});

test('the data directory is found without the secrets of the configuration', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'c.yaml');
  writeFileSync(path, 'data_dir: ./${D:-data}\ndestinations: { x: { token: "${SECRET}" } }\n');
  expect(dataDirOf(path, {})).toBe(join(folder.path, 'data'));
  expect(dataDirOf(path, { D: 'other' })).toBe(join(folder.path, 'other'));
});
