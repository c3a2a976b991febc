import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, type ConfigIssue } from '../../config/issues.ts';
import { load } from '../../config/load.ts';
import { objectSchema, type Options } from '../../config/schema.ts';
import { Secret } from '../../config/secrets.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const schema = objectSchema({
  type: 'object',
  description: 'A test.',
  properties: {
    size: { type: 'string', format: 'size', default: '1MiB', description: 'A size.' },
    wait: { type: 'string', format: 'duration', description: 'A duration.' },
    path: { type: 'string', format: 'path', description: 'A path.' },
    port: { type: 'integer', minimum: 1, maximum: 65_535, default: 80, description: 'A port.' },
    secure: { type: 'boolean', default: false, description: 'A switch.' },
    level: { type: 'string', enum: ['low', 'high'], default: 'low', description: 'A choice.' },
    token: { type: 'string', secret: true, description: 'A secret.' },
    tags: { type: 'array', items: { type: 'string', description: 'A tag.' }, default: [], description: 'Tags.' },
    nested: {
      type: 'object',
      default: {},
      description: 'More.',
      properties: { deep: { type: 'integer', default: 7, description: 'Deep.' } },
    },
    things: {
      type: 'object',
      description: 'By name.',
      additionalProperties: {
        type: 'object',
        description: 'One.',
        discriminator: { propertyName: 'type' },
        oneOf: [
          {
            type: 'object',
            description: 'An a.',
            properties: {
              type: { type: 'string', const: 'a', description: '' },
              n: { type: 'integer', description: 'N.' },
            },
            required: ['type', 'n'],
          },
          {
            type: 'object',
            description: 'A b.',
            properties: { type: { type: 'string', const: 'b', description: '' } },
            required: ['type'],
          },
        ],
      },
    },
  },
});

function loadText(text: string, env: Record<string, string> = {}): Options<typeof schema> {
  using folder = temporaryFolder();
  const path = join(folder.path, 'c.yaml');
  writeFileSync(path, text);
  return load(path, schema, env).config;
}

function issuesOf(text: string, env: Record<string, string> = {}): readonly ConfigIssue[] {
  try {
    loadText(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  test('comes back with its defaults, sizes in bytes, durations in ms, and secrets that do not print', () => {
    const config = loadText('wait: 90s\ntoken: hunter2\nthings: { x: { type: a, n: 5 } }\n');
    expect(config).toMatchObject({
      size: 1024 * 1024,
      wait: 90_000,
      port: 80,
      secure: false,
      level: 'low',
      tags: [],
      nested: { deep: 7 },
      things: { x: { type: 'a', n: 5 } },
    });
    expect(config.token).toBeInstanceOf(Secret);
    expect(config.token?.reveal()).toBe('hunter2');
    for (const printed of [String(config.token), JSON.stringify(config), inspect(config)])
      expect(printed).not.toContain('hunter2');
  });

  test('paths are taken from its own folder', () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'sub'));
    writeFileSync(join(folder.path, 'sub', 'c.yaml'), 'path: ../x/*.ndjson\n');
    expect(load(join(folder.path, 'sub', 'c.yaml'), schema, {}).config.path).toBe(join(folder.path, 'x/*.ndjson'));
  });

  test('everything that is wrong is said at once, each with its line, column, path and what would be right', () => {
    const issues = issuesOf(
      [
        'sise: 3MiB',
        'size: big',
        'port: 99999',
        'secure: perhaps',
        'level: hihg',
        'tags: one',
        'things:',
        '  x: { type: c }',
        '  y: { type: a }',
        'nested:',
        '  deeper: 1',
        '',
      ].join('\n'),
    );
    expect(issues.map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
      '1:1 sise',
      '2:7 size',
      '3:7 port',
      '4:9 secure',
      '5:8 level',
      '6:7 tags',
      '8:14 things.x.type',
      '9:3 things.y',
      '11:3 nested.deeper',
    ]);
    const text = new ConfigError(issues).message;
    for (const said of [
      'did you mean size?',
      'a size such as',
      'up to 65535',
      'true or false',
      'did you mean high?',
      'expected a list, found text',
      'expected one of a, b',
      'n is missing',
      'did you mean deep?',
      '9 problems',
    ]) {
      expect(text).toContain(said);
    }
  });

  test('the caret stands under the value that is meant', () => {
    const [issue] = issuesOf('nested: { deep: text }\n');
    const lines = new ConfigError([issue!]).message.split('\n');
    expect(lines[2]!.indexOf('text')).toBe(lines[3]!.indexOf('^'));
  });

  test('a wrong secret is never shown', () => {
    const text = new ConfigError(issuesOf('token: 12345678\nport: x\n')).message;
    expect(text).not.toContain('12345678');
    expect(text).toContain('[secret]');
  });

  test('a folder of files is one configuration; what two of them say is an issue that names the place', () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, '10-a.yaml'), 'port: 1\nthings: { x: { type: b } }\n');
    writeFileSync(join(folder.path, '20-b.yml'), 'things: { y: { type: b } }\n');
    writeFileSync(join(folder.path, 'note.txt'), 'not yaml: [');
    expect(Object.keys(load(folder.path, schema, {}).config.things ?? {})).toEqual(['x', 'y']);
    writeFileSync(join(folder.path, '30-c.yaml'), 'port: 2\nthings: { y: { type: b } }\n');
    expect(() => load(folder.path, schema, {})).toThrow(
      /30-c\.yaml:1:1: port: port is said in another file too[^]*30-c\.yaml:2:11: things\.y/,
    );
  });

  test('a file that is not there, a folder without any, are said plainly', () => {
    using folder = temporaryFolder();
    expect(() => load(join(folder.path, 'none.yaml'), schema, {})).toThrow('cannot be read (ENOENT)');
    expect(() => load(folder.path, schema, {})).toThrow('the folder holds no .yaml file');
  });
});

describe('references', () => {
  test('are put in after parsing, as what the option is, and never looked at again', () => {
    const env = { PORT: '8080', ON: 'true', TOKEN: 'a: [b] # ${PORT}', LEVEL: 'high' };
    const config = loadText(
      'port: ${PORT}\nsecure: ${ON}\ntoken: ${TOKEN}\nlevel: ${LEVEL}\ntags: ["${NONE:-x}y", "$${PORT}", "${LEVEL}-${LEVEL}"]\n',
      env,
    );
    expect(config).toMatchObject({ port: 8080, secure: true, level: 'high', tags: ['xy', '${PORT}', 'high-high'] });
    expect(config.token?.reveal()).toBe('a: [b] # ${PORT}');
  });

  test('to a variable that is not set are an issue at their place', () => {
    expect(issuesOf('tags:\n  - ${NOPE}\n')).toMatchObject([
      { line: 2, column: 5, path: 'tags[0]', message: expect.stringContaining('NOPE is not set') },
    ]);
  });

  test('files are for secrets only; a missing, empty or shared one is said', () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'secret');
    writeFileSync(path, 'from file\n', { mode: 0o600 });
    expect(loadText(`token: \${file:${path}}\n`).token?.reveal()).toBe('from file');
    expect(loadText('token: ${file:${DIR}/secret}\n', { DIR: folder.path }).token?.reveal()).toBe('from file');
    expect(issuesOf(`level: \${file:${path}}\n`)[0]!.message).toContain('for secrets');
    expect(issuesOf('token: ${file:/nowhere/at/all}\n')[0]!.message).toContain('cannot be read (ENOENT)');
    writeFileSync(path, '');
    expect(issuesOf(`token: \${file:${path}}\n`)[0]!.message).toContain('is empty');
    writeFileSync(path, 'x');
    chmodSync(path, 0o644);
    const config = join(folder.path, 'c.yaml');
    writeFileSync(config, `token: \${file:${path}}\n`);
    expect(load(config, schema, {}).warnings[0]!.message).toContain('can be read by other users');
    chmodSync(path, 0o444);
    expect(load(config, schema, {}).warnings).toEqual([]);
  });

  test('a secret in the file itself works, with a warning that does not show it', () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'c.yaml');
    writeFileSync(path, 'token: hunter2\n');
    const { warnings } = load(path, schema, {});
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify(warnings)).not.toContain('hunter2');
  });
});

describe('hostile YAML', () => {
  test.each([
    [
      'aliases that multiply',
      'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n',
    ],
    ['five thousand levels', `tags: ${'['.repeat(5_000)}${']'.repeat(5_000)}\n`],
    ['a list in a list in a list', `tags:\n${'- '.repeat(5_000)}x\n`],
    ['a key twice', 'port: 1\nport: 2\n'],
    ['a merge key', 'nested: &n { deep: 1 }\nthings:\n  <<: *n\n'],
    ['a tag of another language', 'tags: !!js/function "x"\n'],
    ['a key that is no text', '? [a, b]\n: 1\n'],
    ['a megabyte', `tags: [${'x'.repeat(1_100_000)}]\n`],
    ['not YAML', 'tags: [\n'],
    ['a list', '- 1\n'],
  ])('%s is refused with a place', (_name, text) => {
    const issues = issuesOf(text);
    expect(issues.length).toBeGreaterThan(0);
    for (const { line, column, message } of issues) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(message).toMatch(/\w/);
    }
  });

  test('names like __proto__ change nothing but their own option', () => {
    const config = loadText('things:\n  __proto__: { type: b }\n  constructor: { type: b }\n');
    expect(Object.keys(config.things ?? {})).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['type']).toBeUndefined();
  });

  test('any text gives a configuration or issues with a place inside the file, and never another error', () => {
    const key = fc.constantFrom(
      'size',
      'port',
      'token',
      'tags',
      'things',
      'nested',
      '__proto__',
      'x',
      '"',
      '&a',
      '*a',
      '<<',
      '!!',
      '${',
      '- ',
      '? ',
      ': ',
      '{',
      '[',
      '|',
      '>',
      '%',
      '---',
      '\t',
      '#',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(key, fc.string({ maxLength: 8 }), fc.constantFrom('\n', ' ', ': ', '\n  ')), {
          maxLength: 30,
        }),
        (parts) => {
          const text = parts.join('');
          const lines = text.split(/\r?\n/).length;
          for (const { line } of issuesOf(text)) expect(line >= 1 && line <= lines).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('what a reference brings never changes the structure', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { tags } = loadText('tags: ["${V}", b]\n', { V: value });
        expect(tags).toEqual([value, 'b']);
      }),
    );
  });
});

test('the types of options are what the check makes of them', () => {
  const config: Options<typeof schema> = loadText('{}');
  const size: number = config.size;
  const wait: number | undefined = config.wait;
  const level: 'low' | 'high' = config.level;
  const token: Secret | undefined = config.token;
  const deep: number = config.nested.deep;
  const tags: readonly string[] = config.tags;
  const thing = config.things?.['x'];
  const n: number | undefined = thing?.type === 'a' ? thing.n : undefined;
  expect([size, wait, level, token, deep, tags, n]).toEqual([1048576, undefined, 'low', undefined, 7, [], undefined]);
});
