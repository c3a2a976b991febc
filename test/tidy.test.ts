import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';

/** Imports point down this list, never up or round. Bench and test see everything, each other too. */
const layers = ['config', 'mappings', 'forwarders', 'agent', 'bench', 'test'];
const layerOf = (file: string): number => Math.min(layers.indexOf(file.split('/')[0]!), layers.indexOf('bench'));

interface Source {
  readonly file: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Files of the project that it imports, by line. */
  readonly imports: readonly { readonly target: string; readonly line: number }[];
}

const sources: readonly Source[] = globSync(`{${layers.join(',')}}/**/*.ts`)
  .map((file) => file.replaceAll('\\', '/'))
  .sort()
  .map((file) => {
    const text = readFileSync(file, 'utf8');
    const imports = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((found) => ({
      target: normalize(join(dirname(file), found[1]!)),
      line: text.slice(0, found.index).split('\n').length,
    }));
    return { file, text, lines: text.split('\n'), imports };
  });
const product = sources.filter(({ file }) => layerOf(file) <= layers.indexOf('agent'));

/** Every line of the product that matches, but for those in the files that may. */
function offences(pattern: RegExp, mayBeIn: readonly string[]): readonly string[] {
  return product
    .filter(({ file }) => !mayBeIn.includes(file))
    .flatMap(({ file, lines }) =>
      lines.flatMap((line, i) =>
        pattern.test(line.replace(/\/\/.*|^\s*\*.*|\/\*.*\*\//, '')) ? [`${file}:${i + 1}: ${line.trim()}`] : [],
      ),
    );
}

test('imports point down: agent, forwarders, mappings, config', () => {
  const upward = sources.flatMap(({ file, imports }) =>
    imports
      .filter(({ target }) => layerOf(target) > layerOf(file))
      .map(({ target, line }) => `${file}:${line} imports ${target}`),
  );
  expect(upward).toEqual([]);
});

test('no file imports itself by way of others, types apart', () => {
  const values = new Map(
    sources.map(({ file, text }) => [
      file,
      [...text.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)'/gms)].map((m) =>
        normalize(join(dirname(file), m[1]!)),
      ),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    else if (!done.has(file)) for (const next of values.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of values.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});

test('time and chance have one place', () => {
  const real =
    /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|\bperformance\.now\(|\bMath\.random\(|timers\/promises/;
  expect(offences(real, ['agent/clock.ts'])).toEqual([]);
});

test('the environment is read by the commands alone', () => {
  const commands = product.map(({ file }) => file).filter((file) => file.startsWith('agent/commands/'));
  expect(offences(/process\.env/, ['agent/cli.ts', 'agent/control/socket.ts', ...commands])).toEqual([]);
});

test('what is exported is used somewhere', () => {
  const unused = product.flatMap(({ file, text }) =>
    [...text.matchAll(/^export (?:async )?(?:abstract )?(?:const|function\*?|class|interface|type) (\w+)/gm)]
      .map(([, name]) => name!)
      .filter((name) => {
        const word = new RegExp(`\\b${name}\\b`);
        const elsewhere = sources.some((other) => other.file !== file && word.test(other.text));
        // A type may be named only by what its own file exports.
        const here =
          text.match(new RegExp(`\\b${name}\\b`, 'g'))!.length > 1 && /^(?:interface|type)$/.test(kindOf(text, name));
        return !elsewhere && !here;
      })
      .map((name) => `${file}: ${name}`),
  );
  expect(unused).toEqual([]);
});

const kindOf = (text: string, name: string): string =>
  new RegExp(`^export (?:async )?(const|function\\*?|class|interface|type) ${name}\\b`, 'm').exec(text)?.[1] ?? '';

test('each kind of destination and source has a test that begins with its conformance suite', () => {
  const kinds = product.filter(({ text }) => /= (?:forwarderKind|sourceKind)\(/.test(text));
  expect(kinds.length).toBeGreaterThanOrEqual(7);
  const without = kinds.filter(({ file }) => {
    const suite = file.startsWith('forwarders/') ? 'describeForwarder(' : 'describeSource(';
    const path = join('test', file.replace(/\.ts$/, '.test.ts'));
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(suite);
  });
  expect(without.map(({ file }) => file)).toEqual([]);
});

test('no test is switched off or left alone', () => {
  const odd = sources
    .filter(({ file }) => file.startsWith('test/') && file !== 'test/tidy.test.ts')
    .flatMap(({ file, lines }) =>
      lines.flatMap((line, i) =>
        /\b(?:test|describe|it)\.(?:only|todo)\b|\bx(?:test|it|describe)\(/.test(line) ? [`${file}:${i + 1}`] : [],
      ),
    );
  expect(odd).toEqual([]);
});
