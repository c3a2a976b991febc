import { closeSync, openSync, writeSync } from 'node:fs';

/** acl, method, message and area of common records of the platform. */
const KINDS = [
  ['Token', 'put', 'User signed in', 'User events'],
  ['Token', 'delete', 'User signed out', 'User events'],
  ['Token', 'put', 'Failed sign-in attempt', 'User events'],
  ['User', 'post', 'User created', 'User events'],
  ['Account', 'put', 'Company name changed', 'Account events'],
  ['Device', 'post', 'Connector created', 'Connector events'],
  ['Device', 'put', 'Snapshot retention changed', 'Connector events'],
  ['Job', 'post', 'Restore scheduled', 'Backup/Restore'],
  ['Share', 'post', 'Shared link created', 'Backup/Restore'],
  ['File', 'get', 'File downloaded', 'Backup/Restore'],
  ['Folder', 'get', 'Folder downloaded as .zip file', 'Backup/Restore'],
  ['Browse', 'get', 'Data browsed', 'Backup/Restore'],
  ['Sso', 'put', 'SSO configuration edited', 'Security events'],
  ['Mfa', 'delete', 'MFA disabled', 'Security events'],
  ['Rtbf', 'post', 'RTBF label assigned', 'Compliance events'],
] as const;
const FIRST = ['alice', 'bob', 'carol', 'dmitri', 'elena', 'farid', 'grace', 'hiro', 'ines', 'jonas', 'keiko', 'liam'];
const LAST = ['nguyen', 'smith', 'garcia', 'kowalski', 'ivanova', 'tanaka', 'okafor'];
const START = Date.parse('2026-01-01T00:00:00Z');

/** Record number `n` of an endless, repeatable log in the platform's shape; `metadata.request` ends in the number. */
export function record(n: number): object {
  let state = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b) || 1;
  const below = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  const [acl, method, message, area] = KINDS[below(KINDS.length)]!;
  const denied = below(40) === 0;
  const failed = denied || below(12) === 0;
  const hex = (digits: number): string => Array.from({ length: digits }, () => below(16).toString(16)).join('');
  return {
    account: 'aaaaaa-bbbbbb-cccccc',
    token: `${FIRST[below(FIRST.length)]!}.${LAST[below(LAST.length)]!}@acme.example`,
    'client-ip': `203.0.113.${1 + below(254)}`,
    acl,
    allowed: String(!denied),
    method,
    message,
    succeeded: String(!failed),
    area,
    company: 'Acme Ltd',
    device: `${hex(6)}-eeeeee-ffffff`,
    time: new Date(START + n * 700 + below(700)).toISOString(),
    metadata: { item: `Documents/report-${below(20_000)}.docx`, request: `${hex(8)}-${hex(4)}-${mark(n)}` },
  };
}

/** What is unique in record `n`: a test finds it again in whatever arrives. */
export const mark = (n: number): string => `4aed-8000-${String(n).padStart(12, '0')}`;
export const markPattern = /4aed-8000-(\d{12})/;

/** Writes records `from` up to and without `to` as NDJSON; gives back the bytes written. */
export function writeCorpus(path: string, from: number, to: number): number {
  const file = openSync(path, 'a');
  let bytes = 0;
  let text = '';
  for (let n = from; n < to; n++) {
    text += `${JSON.stringify(record(n))}\n`;
    if (text.length > 1 << 20 || n === to - 1) {
      bytes += writeSync(file, text);
      text = '';
    }
  }
  closeSync(file);
  return bytes;
}
