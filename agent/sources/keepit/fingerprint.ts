import { createHash } from 'node:crypto';
import type { Fields } from '../../../mappings/record.ts';

/** What tells records apart, since the platform gives them no id; in this order for ever, or all ids would change. */
const TUPLE = [
  'account', 'time', 'token', 'client-ip', 'acl', 'method', 'allowed', 'succeeded', 'area', 'company', 'device', 'message',
] as const; // prettier-ignore

const LENGTH_BYTES = 4;

/**
 * SHA-256 (64 hex digits) over the record's canonical tuple: each text and each metadata pair in wire order, with its
 * length before it, so that no two tuples run together alike. An element that is missing and one that is empty are the same.
 */
export function fingerprintOf(fields: Fields): string {
  const hash = createHash('sha256');
  const add = (text: string): void => {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(Buffer.byteLength(text));
    hash.update(length).update(text);
  };
  for (const name of TUPLE) add(typeof fields[name] === 'string' ? fields[name] : '');
  for (const { key, value } of (fields['metadata'] ?? []) as readonly { key: string; value: string }[]) {
    add(key);
    add(value);
  }
  return hash.digest('hex');
}
