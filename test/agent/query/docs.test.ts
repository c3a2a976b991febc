import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { fieldOf } from '../../../agent/query/fields.ts';
import { NESTING_MAX, QUERY_LENGTH_MAX, TERMS_MAX } from '../../../agent/query/syntax.ts';
import { surroundings } from '../../support/queries.ts';
import { found } from './sample-events.ts';

const page = readFileSync('docs/query.md', 'utf8');

/** First cells of the table under a heading, without the head. */
function firstCells(heading: string): string[] {
  const section = page.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) => row.split('|')[1]!.trim());
}
const inCode = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);

test('the examples of the page find what it says', () => {
  expect(
    Object.fromEntries(firstCells('In a minute').map((cell) => [inCode(cell)[0], found(inCode(cell)[0]!)])),
  ).toEqual({
    'jane@example.com time >= -7d': ['signIn', 'created'],
    'area:user status:failed time >= yesterday': ['refused'],
    'event:"user created" and not user:admin@example.com': ['created'],
    'action:(file-download or folder-download-*)': ['download', 'folder'],
    'ip:10.0.0.0/8 and not ip:(10.1.2.3 or 10.1.9.0/24)': ['created'],
    'not ip:(10.0.0.0/8 or 192.0.2.0/24) user:*': ['download', 'folder'],
    'time >= 2026-03-01T10:00 time < 2026-03-01T12:00': ['download'],
    'severity <= warning not area:user': ['folder', 'gap', 'broken'],
    'file.size >= 50MiB user:backup-*': ['download'],
    'related.user:new@example.com or target:new@example.com': ['created'],
  });
});

test('the page names every field that a column holds, and none that there is not', () => {
  const named = firstCells('Fields').flatMap(inCode);
  for (const name of named) expect(fieldOf(name, surroundings.names)).not.toMatchObject({ kind: 'none' });
  const unknown = fieldOf('nothing-like-any-field', surroundings.names);
  const shortNames = (unknown as { help: string }).help.split('fields: ')[1]!.split(', ');
  expect(named).toEqual(expect.arrayContaining(shortNames));
  const others = /Any other field[^]*?asked for\./.exec(page)![0];
  const slow = inCode(others).filter(
    (text) => !text.includes(':') && !/^(?:data_stream|event\.(?:ing|seq))/.test(text),
  );
  expect(slow.length).toBeGreaterThan(5);
  for (const name of slow) expect(fieldOf(name, surroundings.names)).toMatchObject({ kind: 'document' });
});

test('the page names the bounds', () => {
  for (const bound of [QUERY_LENGTH_MAX, TERMS_MAX, NESTING_MAX]) {
    expect(page.split('## Bounds')[1]).toContain(bound.toLocaleString('en'));
  }
});
