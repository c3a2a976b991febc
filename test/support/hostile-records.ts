import fc from 'fast-check';
import type { Fields } from '../../mappings/record.ts';

/** Names of all packs' fields, and those that objects have anyway. */
const names = [
  'account', 'token', 'client-ip', 'acl', 'allowed', 'method', 'message', 'succeeded', 'area', 'company', 'device',
  'time', 'metadata', 'User', 'Area', 'Event', 'Event status', 'IP address', 'Time', 'code', 'details', 'id', 'at', 'who',
  'what', 'result', 'from', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\0', 'a.b',
]; // prettier-ignore
/** Texts that break what takes texts for words. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udfff', 'a', '"', '\\', '\u2028', '\0', '😀', '@') }),
  fc.constantFrom('__proto__', 'User created', 'User signed in', 'Connector name changed', 'false', 'x'.repeat(5_000)),
  fc.nat({ max: 3_000 }).map((n) => '😀'.repeat(n)),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.ipV6(),
);
const hostileValue = fc.oneof(
  hostileText,
  fc.jsonValue(),
  fc.dictionary(fc.oneof(hostileText, fc.constantFrom(...names)), hostileText),
);
/** Fields of a record as a source has them: out of JSON, where `__proto__` is a name like any other. */
export const hostileFields = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: hostileText }),
      hostileValue,
    ),
  )
  .map((entries) => JSON.parse(JSON.stringify(Object.fromEntries(entries))) as Fields);
