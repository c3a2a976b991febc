import { evaluate } from '../../../agent/query/evaluate.ts';
import { formatQueryErrors } from '../../../agent/query/errors.ts';
import { readQuery } from '../../../agent/query/read.ts';
import { ownRecord } from '../../../agent/sources/own.ts';
import type { Head } from '../../../mappings/events.ts';
import { auditRecord, mapped } from '../../support/mapped.ts';
import { packs, surroundings } from '../../support/queries.ts';

const [keepit, own] = packs;

const platform = (fields: Readonly<Record<string, string | Readonly<Record<string, string>>>>) =>
  mapped(
    keepit!,
    auditRecord(
      { account: 'aaaaaa-bbbbbb', allowed: 'true', succeeded: 'true', company: 'Example Ltd', ...fields },
      { nativeId: JSON.stringify(fields) },
    ),
  );

/** A day at a company, as the mapping has it: each event under the name that tests call it. */
const sampleEvents = {
  signIn: platform({ message: 'User signed in', token: 'jane@example.com', 'client-ip': '10.1.2.3', area: 'User events', time: '2026-03-05T10:30:00Z', metadata: { user_agent: 'curl/8.5' } }),
  refused: platform({ message: 'User signed in', token: 'JOE@example.com', 'client-ip': '192.0.2.7', area: 'User events', allowed: 'false', time: '2026-03-04T22:59:59.999Z' }),
  created: platform({ message: 'User created', token: 'jane@example.com', 'client-ip': '10.1.2.4', area: 'User events', time: '2026-03-04T23:00:00Z', metadata: { target_user: 'new@example.com' } }),
  download: platform({ message: 'Downloads a file', token: 'backup-robot', 'client-ip': '2001:db8::7', area: 'Recovery events', device: 'Mail of Sales', time: '2026-03-01T09:00:00Z', metadata: { file_name: 'Payroll (2026).xlsx', file_path: 'C:\\share\\hr', file_size: '52428800' } }),
  folder: platform({ message: 'Downloads a folder as a .zip file', token: 'CORP\\eve', 'client-ip': '203.0.113.9', area: 'Recovery events', succeeded: 'false', time: '2026-02-28T23:30:00Z' }),
  strange: platform({ message: 'Something "new" happened: ΟΔΟΣ', succeeded: '', time: '2025-12-31T12:00:00Z' }),
  gap: mapped(own!, ownRecord(8010, 'gap in source exported', { source: 'exported' }, Date.parse('2026-03-05T10:59:00Z'), '1')),
  broken: mapped(keepit!, auditRecord(null, { problem: 'line 7 is no JSON' })),
}; // prettier-ignore

export type SampleName = keyof typeof sampleEvents;

/** The names of the sample events that a query finds, in their order. */
export function found(text: string): string[] {
  const read = readQuery(text, surroundings);
  if (read.kind === 'errors') throw new Error(formatQueryErrors(text, read.errors));
  return Object.entries(sampleEvents)
    .filter(([, { head, document }]) => evaluate(read.condition, head, document))
    .map(([name]) => name);
}

export const sampleNames = Object.keys(sampleEvents);

export const headOf = (name: SampleName): Head => sampleEvents[name].head;
