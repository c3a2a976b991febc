import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runExamples } from '../../mappings/examples.ts';
import { loadPack, PackError, packPath, parsePack } from '../../mappings/pack.ts';
import { auditRecord, mapped } from '../support/mapped.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MINIMAL = `
name: mine
module: mine
dataset: mine.audit
read: { time: [at], message: [what], metadata: [about] }
metadata: { into: mine.audit.metadata, keys: { old: [before] } }
events:
  - { code: '1', action: mine-start, name: Started, area: unknown, outcome: none, severity: { success: 6 } }
`;
const withRow = (keys: string): string =>
  `${MINIMAL}  - { code: '2', action: mine-stop, name: Stopped, area: unknown, outcome: O1, severity: { success: 6 }, ${keys} }\n`;

describe('a pack of the agent', () => {
  test.each(['keepit', 'audit-relay', 'example-app'])('%s passes its own examples', async (name) => {
    const { passed, differences } = runExamples(await loadPack(name));
    expect(differences).toEqual([]);
    expect(passed).toBeGreaterThan(1);
  });

  test('has an example for each row of the catalogue', async () => {
    const pack = await loadPack('keepit');
    const codes = pack.examples.map(({ expected }) => (expected['event'] as { readonly code: string }).code);
    const rows = pack.definition.events.filter(({ kind }) => kind !== 'pipeline_error');
    expect(rows.map(({ code }) => code).filter((code) => !codes.includes(code))).toEqual([]);
  });
});

test('a name that is no pack is refused with the names there are', () => {
  expect(() => packPath('keptit')).toThrow(
    new PackError(
      'no mapping pack keptit (did you mean keepit?): expected one of audit-relay, example-app, keepit, or the path of a YAML file (./my-app.yaml)',
    ),
  );
});

test('a pack of an operator is found by its path', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'mine.yaml');
  writeFileSync(path, MINIMAL);
  expect((await loadPack(path)).name).toBe('mine');
  await expect(loadPack(join(folder.path, 'other.yaml'))).rejects.toThrow(/other\.yaml: cannot be read: ENOENT/);
});

test('a pack without defaults forwards what it does not know as 9000 and what cannot be mapped as 9090', () => {
  const pack = parsePack(MINIMAL, 'mine.yaml');
  expect(mapped(pack, auditRecord({ what: 'Started' })).head.code).toBe('1');
  expect(mapped(pack, auditRecord({ what: 'No idea' })).document).toMatchObject({
    event: { code: '9000', action: 'audit-event' },
    tags: ['prod', 'unclassified', 'timestamp-missing'],
  });
  expect(mapped(pack, auditRecord(null)).head.code).toBe('9090');
});

test('a field of a record may be called like a property of every object', () => {
  const pack = parsePack(`${MINIMAL}copy: { mine.maker: constructor }\n`, 'mine.yaml');
  expect(mapped(pack, auditRecord({ what: 'Started' })).head.code).toBe('1');
  expect(mapped(pack, auditRecord({ what: 'Started', constructor: 'x' })).document['mine']).toEqual({ maker: 'x' });
});

test('of several names for one thing the first of the pack is taken, wherever it stands in the record', () => {
  const pack = parsePack(
    `${MINIMAL.replace('read: {', 'read: { id: [id, ref], user: [login, mail],')}unknown_fields: mine.extra\n`,
    'mine.yaml',
  );
  const { document } = mapped(pack, auditRecord({ mail: 'b', login: 'a', ref: 'r', id: '' }));
  expect(document['user']).toEqual({ name: 'a' });
  expect(document['mine']).toEqual({ extra: { id: '', mail: 'b' } });
  expect(pack.nativeId({ ref: 'r', id: '' })).toBe('r');
});

test('a list has no empty items', () => {
  const pack = parsePack(`${MINIMAL}copy: { user.roles: roles }\n`, 'mine.yaml');
  expect(mapped(pack, auditRecord({ roles: 'admin,, audit;' })).document['user']).toEqual({
    roles: ['admin', 'audit'],
  });
  expect(mapped(pack, auditRecord({ roles: ';' })).document['user']).toEqual({});
});

test('a difference says which example, which field, and both values', () => {
  const examples = 'examples: [{ record: { what: Started }, expected: { event: { code: "2", nothing: x } } }]\n';
  expect(runExamples(parsePack(MINIMAL + examples, 'mine.yaml'))).toEqual({
    passed: 0,
    differences: [
      'example 1: event.code: expected "2", came out as "1"',
      'example 1: event.nothing: expected "x", came out as undefined',
    ],
  });
});

describe('what is wrong with a pack is said with the file, the place and what was expected', () => {
  test.each([
    ['broken YAML', 'name: [', 'mine.yaml: Flow sequence in block collection must be'],
    ['not an object', 'just text', 'mine.yaml: the pack must be object'],
    ['a missing key', 'name: mine', "mine.yaml: the pack must have required property 'events'"],
    ['an unknown key', `${MINIMAL}modul: x\n`, 'mine.yaml: the pack must NOT have additional properties: modul'],
    ['a wrong value', withRow('rank: high'), 'mine.yaml: events[1].rank must be integer'],
    [
      'a word that is not one of some',
      withRow('kind: odd'),
      'mine.yaml: events[1].kind must be equal to one of the allowed values: event, alert, pipeline_error',
    ],
    [
      'a field ECS does not have',
      withRow('constants: { user.nick: x }'),
      'mine.yaml: expected a field of ECS 9.4.0 or one below mine., not user.nick',
    ],
    [
      'a field every object has',
      withRow('constants: { mine.constructor.prototype.x: y }'),
      'mine.yaml: mine.constructor.prototype.x: constructor cannot be the name of a field',
    ],
    [
      'a name that destinations take for an address',
      withRow('constants: { mine.client_ip: x }'),
      'mine.yaml: mine.client_ip: destinations guess another type than text from this name',
    ],
    [
      'one field for two roles',
      MINIMAL.replace('read: {', 'read: { user: [what],'),
      'mine.yaml: read.message: what is user already; use copy for more',
    ],
    ['a field the agent fills', withRow('constants: { event.id: x }'), 'mine.yaml: event.id is filled by the agent'],
    [
      'a constant of the wrong type',
      withRow('constants: { source.ip: here }'),
      'mine.yaml: event 2: source.ip cannot be here',
    ],
    [
      'a name metadata.keys lacks',
      withRow('fields: { mine.audit.new: new }'),
      'mine.yaml: event 2: metadata.keys does not say what new is',
    ],
    [
      'a code that leads nowhere',
      withRow("on_failure: { recognised: '3', otherwise: '1' }"),
      'mine.yaml: event 2.on_failure: there is no event 3',
    ],
    [
      'a field within a field',
      withRow('constants: { mine.audit.metadata.a: x }'),
      'mine.yaml: mine.audit.metadata cannot be a field of its own and hold mine.audit.metadata.a',
    ],
    ['one code twice', withRow('').replace("'2'", "'1'"), 'mine.yaml: events: 1 stands there twice'],
    ['one text twice', withRow('wordings: [started]'), 'mine.yaml: rows 1 and 2 both claim the text "started"'],
    ['a category ECS does not have', withRow('category: [constructor]'), 'constructor is no category of ECS 9.4.0'],
    ['a type without a category', withRow('type: [start]'), 'mine.yaml: event 2: type start needs a category'],
    [
      'a category and type ECS does not pair',
      withRow('category: [file], type: [start]'),
      'mine.yaml: event 2: ECS does not expect type start in category file',
    ],
  ])('%s', (_, text, expected) => {
    expect(() => parsePack(text, 'mine.yaml')).toThrow(PackError);
    expect(() => parsePack(text, 'mine.yaml')).toThrow(expected);
  });
});

test('what a pack fills itself stands in the head as it stands in the document', () => {
  const text = `${withRow('fields: { user.name: who, source.ip: from }')}copy: { message: how }\n`
    .replace('read: {', 'read: { code: [code],')
    .replace('old: [before]', 'who: [who], from: [from]');
  const fields = { code: '2', how: 'by hand', about: { who: 'jane', from: '::ffff:10.1.2.3' } };
  const { document, head } = mapped(parsePack(text, 'mine.yaml'), auditRecord(fields));
  expect(document).toMatchObject({ user: { name: 'jane' }, source: { ip: '10.1.2.3' }, message: 'by hand' });
  expect(head).toMatchObject({ user: 'jane', ip: '10.1.2.3', message: 'by hand' });
});
