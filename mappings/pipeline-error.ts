import { StringDecoder } from 'node:string_decoder';
import type { Pack } from './compile.ts';
import type { Normalized, Origin } from './normalize.ts';
import type { AuditRecord } from './record.ts';
import { keyword } from './targets.ts';

/** Of a record that could not be mapped, its event carries this many bytes. */
const ORIGINAL_MAX = 32 * 1024;

export interface Problem {
  readonly type: string;
  readonly message: string;
}

/** The event of a record that could not be mapped, with the record inside (promise F08: the agent never stops). */
export function pipelineError(
  pack: Pack,
  record: AuditRecord,
  problem: Problem,
  id: string,
  created: string,
  { fixed, source, tags }: Origin,
): Normalized {
  const { action, code, kind, area, severityOf } = pack.error;
  const message = keyword(problem.message);
  const severity = severityOf.unknown;
  // `event.original` stands first: the lane that adds it to every event sees that it is there (document.ts).
  const event = {
    original: new StringDecoder('utf8').write(Buffer.from(record.bytes.subarray(0, ORIGINAL_MAX))),
    action,
    code,
    created,
    dataset: pack.dataset,
    hash: record.hash,
    id,
    kind: kind ?? 'pipeline_error',
    module: pack.module,
    severity,
  };
  const rest = {
    '@timestamp': created,
    error: { message, type: keyword(problem.type) },
    log: record.path === undefined ? undefined : { file: { path: keyword(record.path) } },
    tags: [...new Set([...tags, ...(record.tags ?? [])])],
  };
  const document = `{"event":${JSON.stringify(event)},${fixed},${JSON.stringify(rest).slice(1)}`;
  const head = {
    id, time: created, dataset: pack.dataset, source, user: null, area, message, outcome: null, ip: null, action, code,
    severity, target: null, connector: null, organization: null,
  }; // prettier-ignore
  return { document, head };
}
