import fc from 'fast-check';
import { loadNames } from '../../agent/query/names.ts';
import type { Surroundings } from '../../agent/query/compile.ts';
import type { Operator, Query, Term, Tree, Value } from '../../agent/query/syntax.ts';
import type { Events } from '../../mappings/events.ts';
import { loadPack } from '../../mappings/pack.ts';
import type { AuditRecord, Fields } from '../../mappings/record.ts';
import { hostileFields, hostileText } from './hostile-records.ts';
import { auditRecord, encoded } from './mapped.ts';

/** A Thursday at noon in Copenhagen. */
export const NOW = Date.parse('2026-03-05T11:00:00Z');

export const packs = await Promise.all(['keepit', 'audit-relay', 'example-app'].map((name) => loadPack(name)));

export const surroundings: Surroundings = {
  now: NOW,
  timeZone: 'Europe/Copenhagen',
  names: await loadNames(['keepit', 'example-app']),
};

const place = { start: 0, end: 0 };
const literal = (text: string): Value => ({ kind: 'literal', text, place });

/** Words that events and queries share, so that queries find something. */
const words = [
  'jane@example.com', 'JANE@example.com', 'jane', 'root', 'Åse', 'ΟΔΟΣ', 'οδος', 'User created', 'created', 'security',
  'Security', 'user', 'success', 'failed', 'unknown', '10.1.2.3', '10.1.2.4', '192.0.2.7', '2001:db8::1', '1041', 'get',
  'file-download', 'report.pdf', 'a"b\\c*d', 'and', '', 'x'.repeat(4_090), 'needle', 'prod', 'exported',
] as const; // prettier-ignore
const word = fc.constantFrom(...words);

/** Any tree over these leaves, whose print is within the bounds of a query. */
const treeOf = <Leaf>(leaf: fc.Arbitrary<Leaf>): fc.Arbitrary<Tree<Leaf>> =>
  fc.letrec<{ tree: Tree<Leaf> }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf as fc.Arbitrary<Tree<Leaf>>,
      fc.record({ kind: fc.constant('not'), part: tie('tree'), place: fc.constant(place) }) as fc.Arbitrary<Tree<Leaf>>,
      fc.record({
        kind: fc.constantFrom('and', 'or'),
        parts: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
        place: fc.constant(place),
      }) as fc.Arbitrary<Tree<Leaf>>,
    ),
  })).tree;

const globOf = (part: fc.Arbitrary<string>): fc.Arbitrary<Value> =>
  fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => ({ kind: 'glob', parts, place }));
const wordOrPart = fc.oneof(
  word,
  word.chain((text) => fc.nat(text.length).map((n) => text.slice(0, Math.min(n, 8)))),
);
const textValue: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: word.map(literal) },
  { weight: 2, arbitrary: globOf(wordOrPart) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map(literal) },
);

const addresses = ['10.1.2.3', '10.1.2.4', '192.0.2.7', '2001:db8::1', '::ffff:10.1.2.3'] as const;
const networks = ['10.0.0.0/8', '10.1.2.2/31', '0.0.0.0/0', '2001:db8::/32', '::/0'] as const;
const times = ['2026-03', '2026-03-04', '2026-03-05T12:00', '2026-03-05T11:00:00Z', 'today', 'yesterday'] as const;
const moments = ['-36h', 'now', '-7d', 'now-1h'] as const;
const values: Readonly<
  Record<'text' | 'ip' | 'time' | 'severity' | 'status' | 'outcome' | 'number', fc.Arbitrary<Value>>
> = {
  text: textValue,
  ip: fc.oneof(
    fc.constantFrom(...addresses, ...networks).map(literal),
    globOf(fc.constantFrom('10.', '.3', '', '2001:', '1')),
  ),
  time: fc.constantFrom(...times).map(literal),
  severity: fc.constantFrom('0', '4', '5', '6', 'warning').map(literal),
  status: fc.constantFrom('succeeded', 'Failed', 'failure', 'unknown').map(literal),
  outcome: fc.constantFrom('success', 'failure', 'unknown').map(literal),
  number: fc.constantFrom('0', '200', '1MiB').map(literal),
};

const fields: Readonly<Record<keyof typeof values, readonly string[]>> = {
  text: [
    'user', 'area', 'event', 'action', 'code', 'id', 'dataset', 'target', 'connector', 'source', 'organization', 'message',
    'user.name', 'event.action', 'event.code', 'user.email', 'user.target.name', 'related.user', 'tags', 'event.kind',
    'error.message', 'http.request.method', 'keepit.audit.metadata', 'keepit.audit.metadata.who', 'keepit.audit.acl',
  ],
  ip: ['ip', 'source.ip', 'related.ip'],
  time: ['time', '@timestamp', 'event.created'],
  severity: ['severity', 'event.severity'],
  status: ['status'],
  outcome: ['outcome', 'event.outcome'],
  number: ['http.response.status_code', 'file.size'],
}; // prettier-ignore

type Type = keyof typeof values;
const typed = (types: readonly Type[]): fc.Arbitrary<{ type: Type; name: string }> =>
  fc.constantFrom(...types.flatMap((type) => fields[type].map((name) => ({ type, name }))));

const operator = fc.constantFrom<Operator>('<', '<=', '>', '>=');

/** Terms that mean something: each has its field and values that fit it. */
const fittingTerm: fc.Arbitrary<Term> = fc.oneof(
  textValue.map((value): Term => ({ kind: 'word', value, place })),
  typed(Object.keys(fields) as Type[]).chain(({ type, name }) =>
    treeOf(values[type]).map((tree): Term => ({ kind: 'is', field: { name, place }, values: tree, place })),
  ),
  typed(['time', 'severity', 'number', 'ip']).chain(({ type, name }) =>
    fc
      .tuple(
        operator,
        type === 'ip'
          ? fc.constantFrom(...addresses).map(literal)
          : type === 'time'
            ? fc.constantFrom(...times, ...moments).map(literal)
            : values[type],
      )
      .map(([sign, value]): Term => ({ kind: 'compare', field: { name, place }, operator: sign, value, place })),
  ),
);

/** Queries that compile with `surroundings`, and find some of `hostileEvents` and not others. */
export const fittingQueries: fc.Arbitrary<Tree<Term>> = treeOf(fittingTerm);

/** What means something elsewhere, or would without its quotes. */
const meant = fc.constantFrom('!x', '-y', 'user=', 'user!=x', '“q”', "'q'", '&&', '||', '!=', '<', 'a:b', '\\', '\\*');
const anyText = fc.oneof(hostileText.map(short), meant);
const anyValue: fc.Arbitrary<Value> = fc.oneof(anyText.map(literal), globOf(anyText), textValue);
const anyName = fc
  .oneof(
    hostileText.map(short),
    typed(['text']).map(({ name }) => name),
  )
  .filter((name) => name !== '' && !/^(?:and|or|not)$/i.test(name))
  .map((name) => ({ name, place }));

/** Queries as the syntax allows them, whether their fields and values mean something or not. */
export const anyQueries: fc.Arbitrary<Query> = fc.oneof(
  fc.constant<Query>({ kind: 'all', place }),
  treeOf<Term>(
    fc.oneof(
      anyValue.map((value): Term => ({ kind: 'word', value, place })),
      fc.tuple(anyName, treeOf(anyValue)).map(([field, tree]): Term => ({ kind: 'is', field, values: tree, place })),
      fc
        .tuple(anyName, operator, anyValue)
        .map(([field, sign, value]): Term => ({ kind: 'compare', field, operator: sign, value, place })),
    ),
  ),
);

function short(text: string): string {
  return text.slice(0, 20);
}

const pieces = [
  'and', 'or', 'not', 'AND', '(', ')', '"', ':', '<', '>=', '*', '\\', ' ', '\n', 'user', 'time', 'ip:', 'status:failed',
  '10.0.0.0/8', '2026-03-01', '-36h', '=', '!', '“', '&&', '\u0000', '\ud800', '😀', 'user:jane', 'x',
]; // prettier-ignore
/** What people and machines may type: mostly no query at all. */
export const hostileQueryTexts: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((all) => all.join('')),
  fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((all) => all.join(' ')),
  hostileText,
);

const record: fc.Arbitrary<Fields> = fc.oneof(
  hostileFields,
  fc
    .record(
      {
        message: fc.oneof(
          word,
          fc.tuple(word, word).map(([a, b]) => `${a.padEnd(4_096, '-')}${b}`),
        ),
        token: word,
        'client-ip': fc.constantFrom(...addresses, 'Unknown'),
        area: fc.constantFrom('Security events', 'user', 'else'),
        succeeded: fc.constantFrom('true', 'false', ''),
        time: fc.constantFrom('2026-03-05T11:00:00.000Z', '2026-03-04T01:00:00Z', '2026-02-01', 'never'),
        metadata: fc.dictionary(fc.constantFrom('target_user', 'who', 'file_size'), word),
        account: word,
        device: word,
        method: fc.constantFrom('GET', 'put'),
      },
      { requiredKeys: [] },
    )
    .map((all) => all as Fields),
);

/** Blocks of events that the packs make of hostile records and of ordinary ones; some are pipeline errors. */
export const hostileEvents: fc.Arbitrary<Events> = fc
  .tuple(
    fc.constantFrom(...packs),
    fc.array(fc.oneof({ weight: 9, arbitrary: record }, { weight: 1, arbitrary: fc.constant(null) }), {
      minLength: 1,
      maxLength: 8,
    }),
  )
  .map(([pack, records]) => {
    const all = records.map((fields, i): AuditRecord => auditRecord(fields, { nativeId: `${i}` }));
    return encoded(pack, all)[0]!;
  });
