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
    size: { type: 'string', format: 'size', minSize: '2KiB', default: '1MiB', description: 'A size.' },
    wait: { type: 'string', format: 'duration', description: 'A duration.' },
    path: { type: 'string', format: 'path', description: 'A path.' },
    code: { type: 'string', pattern: '^\\d\\d$', description: 'A code, two digits.', examples: ['42', '43'] },
    word: { type: 'string', minLength: 1, description: 'A word.' },
    start: { type: 'string', format: 'position', description: 'A start.' },
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
      propertyNames: { pattern: '^\\w+$', description: 'made of letters' },
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

function loadText(text: string | Buffer, env: Record<string, string> = {}): Options<typeof schema> {
  using folder = temporaryFolder();
  const path = join(folder.path, 'c.yaml');
  writeFileSync(path, text);
  return configOf(path, env);
}

/** What is right as a whole; otherwise its issues are thrown. */
function configOf(path: string, env: Record<string, string> = {}): Options<typeof schema> {
  const { usable, issues } = load(path, schema, env);
  if (issues.length > 0) throw new ConfigError(issues);
  return usable as Options<typeof schema>;
}

function issuesOf(text: string | Buffer, env: Record<string, string> = {}): readonly ConfigIssue[] {
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
    expect(configOf(join(folder.path, 'sub', 'c.yaml')).path).toBe(join(folder.path, 'x/*.ndjson'));
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

  test('the caret keeps its place in a long line, of which the part around it is shown', () => {
    const [issue] = issuesOf(`{ tags: [${'long, '.repeat(200)}], nested: { deep: text }, port: 1, level: low }\n`);
    const lines = new ConfigError([issue!]).message.split('\n');
    expect(lines[2]!.length).toBeLessThan(140);
    expect(lines[2]!.indexOf('text')).toBe(lines[3]!.indexOf('^'));
  });

  test.each([
    ['a text where a size is expected', 'size: 5\n', 'expected a size such as 512KiB'],
    ['a form that is not kept', 'code: XX\n', 'A code, two digits. Such as 42 or 43.'],
    ['a size that is too small', 'size: 1KiB\n', 'at least 2KiB'],
    ['an empty text', 'word: ""\n', 'it must not be empty'],
    ['a text that is no text', 'word: 5\n', 'write it in quotes'],
    ['a time', 'start: yesterday\n', 'expected now, oldest, or a time'],
    ['a name', 'things: { "a b": { type: b } }\n', 'the name is not made of letters'],
    ['a second document', 'port: 1\n---\nport: 2\n', 'put it into a file of its own'],
    ['an indentation', 'level: low\n  port: 1\n', 'indent it, or quote a text that holds ": "'],
    ['another encoding', Buffer.from([0x74, 0x61, 0x67, 0x73, 0x3a, 0x20, 0xff]), 'it is not UTF-8 text'],
  ])('%s that is wrong is told in words of the reader', (_name, text, said) => {
    expect(new ConfigError(issuesOf(text)).message).toContain(said);
  });

  test('what an option cannot be because its reference leads nowhere is said once', () => {
    expect(issuesOf('size: ${NOPE}\nport: ${NOPE}\n').map(({ line }) => line)).toEqual([1, 2]);
  });

  test('what is right beside what is wrong can be used', () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'c.yaml');
    writeFileSync(path, 'port: 0\nwait: 5s\nthings: { x: { type: b }, y: { type: c } }\n');
    const { usable, given, issues } = load(path, schema, {});
    expect(issues.map((issue) => issue.path)).toEqual(['port', 'things.y.type']);
    expect(usable).toMatchObject({ port: 80, wait: 5_000, things: { x: { type: 'b' } } });
    expect(Object.keys(usable.things!)).toEqual(['x']);
    expect(given).toMatchObject({ port: 0, things: { y: { type: 'c' } } });
  });

  test('a folder of files is one configuration; what two of them say is an issue that names the place', () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, '10-a.yaml'), 'port: 1\nthings: { x: { type: b } }\n');
    writeFileSync(join(folder.path, '20-b.yml'), 'things: { y: { type: b } }\n');
    writeFileSync(join(folder.path, 'note.txt'), 'not yaml: [');
    expect(Object.keys(configOf(folder.path).things ?? {})).toEqual(['x', 'y']);
    writeFileSync(join(folder.path, '30-c.yaml'), 'port: 2\nthings: { y: { type: b } }\n');
    expect(() => configOf(folder.path)).toThrow(
      /30-c\.yaml:1:1: port: port is said in another file too[^]*30-c\.yaml:2:11: things\.y/,
    );
  });

  test('a file that is not there, a folder without any, are said plainly', () => {
    using folder = temporaryFolder();
    expect(() => load(join(folder.path, 'none.yaml'), schema, {})).toThrow('cannot be read (ENOENT)');
    expect(() => load(folder.path, schema, {})).toThrow('the folder holds no .yaml file');
  });
});

describe('a secret that stands in the file is never shown', () => {
  const shown = (text: string): string => new ConfigError(issuesOf(text)).message;

  test.each([
    ['that is wrong', 'token: 12345678\nport: x\n'],
    [
      'beside another fault on its line',
      '{ port: x, token: hunter2, level: "hunter2 is no level" }\n'.replace(/level.*/, 'size: 5 }\n'),
    ],
    ['that stands there twice', 'token: hunter2\ntoken: "hunter2"\n'],
    ['under a name that was mistyped', 'tokn: hunter2\n'],
    ['under a name that is none', 'pwd: hunter2\n'],
    ['in a list', 'token: [hunter2, hunter2]\n'],
    ['taken for a tag', 'token: !hunter2 x\n'],
    ['taken for an alias', 'token: *hunter2\n'],
    ['taken for an anchor', '{ port: x, token: &hunter2 x }\n'],
    ['with a quote that is not closed', 'port: 1\ntoken: "hunter2\nlevel: low\n'],
    ['over several lines', 'token: |\n  hunter2\n\thunter2\nport: [\n'],
    ['in a URL', 'path: 5 # see\nsise: https://me:hunter2@host\n'],
    ['as a default', 'token: ${X:-hunter2}${\n'],
  ])('%s', (_name, text) => {
    expect(shown(text)).toContain('1:');
    expect(shown(text)).not.toMatch(/hunter2|12345678/);
  });

  test('whatever is broken around it', () => {
    const part = fc.constantFrom(
      'port: x',
      'level: [',
      '}',
      '{',
      '"',
      "'",
      '- ',
      '\n',
      '  ',
      '\t',
      '? ',
      ': ',
      '|',
      '&a',
      '*a',
      '!a',
      '#',
      'size: 5',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(part, { maxLength: 8 }), (before, behind) => {
        // A comment is not looked into.
        fc.pre(!before.includes('#'));
        expect(shown(`${before.join('')}\ntoken: hunter2\n${behind.join('')}`)).not.toContain('hunter2');
      }),
      { numRuns: 300 },
    );
  });

  test('what only says where it is, is', () => {
    expect(shown('{ token: "${TOKEN}", port: x }\n')).toContain('"${TOKEN}"');
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

  test('that are none are an issue, and not the text of a password', () => {
    for (const text of ['${HEC-TOKEN}', 'a${', '${file:x', '${}'])
      expect(issuesOf(`token: '${text}'\n`)).toMatchObject([
        { message: expect.stringContaining('begins no reference') },
      ]);
    expect(loadText("token: '$${HEC-TOKEN}$'\n").token?.reveal()).toBe('${HEC-TOKEN}$');
  });

  test('name files from the folder of the configuration, and never more of them than a secret has', () => {
    using folder = temporaryFolder();
    const config = join(folder.path, 'c.yaml');
    writeFileSync(join(folder.path, 'secret'), 'beside', { mode: 0o600 });
    writeFileSync(config, 'token: ${file:secret}\n');
    expect(configOf(config).token?.reveal()).toBe('beside');
    expect(issuesOf('token: ${file:/dev/zero}\n')[0]!.message).toContain('/dev/zero has more than 65,536 bytes');
    expect(issuesOf('token: ${file:/}\n')[0]!.message).toContain('is a folder');
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
    ['names in names', `tags: ${'? '.repeat(5_000)}x\n`],
    ['mappings in mappings', `${'a: '.repeat(5_000)}x\n`],
    ['a list in a list in a list', `tags:\n${'- '.repeat(5_000)}x\n`],
    ['a key twice', 'port: 1\nport: 2\n'],
    ['a merge key', 'nested: &n { deep: 1 }\nthings:\n  <<: *n\n'],
    ['a tag of another language', 'tags: !!js/function "x"\n'],
    ['a key that is no text', '? [a, b]\n: 1\n'],
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

  test('brackets that nest nothing are no levels', () => {
    expect(
      loadText(`# ${'{ '.repeat(100)}\ntags: ['${'['.repeat(100)}']\nlevel: low\nword: |\n${' '.repeat(250)}x\n`),
    ).toMatchObject({ level: 'low' });
  });

  test('a file that never ends is not read to its end, and of thousands of faults the first are shown', () => {
    expect(() => load('/dev/zero', schema, {})).toThrow('it has more than 1,048,576 bytes');
    const text = new ConfigError(issuesOf(`tags: ${'!a '.repeat(5_000)}x\n`)).message;
    expect(text).toMatch(/\d{4} problems in the configuration, of which the first 100 are shown$/);
    expect(text.length).toBeLessThan(100_000);
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
