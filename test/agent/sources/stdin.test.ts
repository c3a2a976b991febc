import { expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { streamSource } from '../../../agent/sources/stdin.ts';
import { describeSource, readAll, recordsOf } from '../../support/describe-source.ts';

const text = Array.from({ length: 1700 }, (_, i) => `{"n":${i}}\n`).join('');
const piped = (content: string): Readable =>
  Readable.from([Buffer.from(content.slice(0, 777)), Buffer.from(content.slice(777))]);

describeSource('stdin', { open: async () => streamSource(piped(text), 'ndjson', 'run'), repeatable: false });

test('it reads a pipe to its end, the last line with or without an end', async () => {
  const records = recordsOf(await readAll(streamSource(piped(`${text}{"n":1700}`), 'ndjson', 'run'), null));
  expect(records.map(({ fields }) => fields?.['n'])).toEqual(Array.from({ length: 1701 }, (_, n) => n));
  expect(records[0]?.nativeId).toBe('run:1');
});

test('it does not read ahead of what is asked for', async () => {
  let chunks = 0;
  const endless = (async function* () {
    while (true) {
      chunks++;
      yield Buffer.from('{"n":1}\n');
    }
  })();
  for await (const page of streamSource(endless, 'ndjson', 'run').read(null, new AbortController().signal)) {
    expect(page.records).toHaveLength(1);
    break;
  }
  expect(chunks).toBe(1);
});
