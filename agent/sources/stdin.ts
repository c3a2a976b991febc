import { randomBytes } from 'node:crypto';
import { objectSchema } from '../../config/schema.ts';
import { PageRecords } from './pages.ts';
import { recordsOf, type LineFormat } from './parse-record.ts';
import { sourceKind, type Page, type Source } from './source.ts';

const options = objectSchema({
  type: 'object',
  description:
    'Records from a pipe on standard input, until it ends. A pipe cannot be read twice: what was read and not yet stored ' +
    'when the agent is killed is gone. Records that carry an id of their own are recognised when they are piped in again.',
  properties: {
    format: {
      type: 'string',
      enum: ['ndjson', 'csv'],
      default: 'ndjson',
      description: 'One JSON object a line, or CSV with a header line.',
    },
  },
});

/** Records from standard input. Not reading is what slows the sender down. */
export const stdin = sourceKind({
  type: 'stdin',
  options,
  claims: () => ['standard input'],
  open: async ({ format }) => streamSource(process.stdin, format, randomBytes(8).toString('hex')),
});

/** Reads a stream to its end, once. Native ids are the run's id and the record's number. */
export function streamSource(stream: AsyncIterable<Buffer>, format: LineFormat, run: string): Source {
  let n = 0;
  const records = recordsOf(stream, format, (line) => `${run}:${line}`);
  return {
    async *read(_from, signal): AsyncGenerator<Page> {
      const ends = Promise.withResolvers<null>();
      const abort = (): void => ends.resolve(null);
      signal.addEventListener('abort', abort, { once: true });
      try {
        const page = new PageRecords();
        const flush = (): Page => {
          n += page.size;
          return { records: page.take(), gaps: [], checkpoint: { run, records: n } };
        };
        while (!signal.aborted) {
          const next = await Promise.race([records.next(), ends.promise]);
          if (next === null || next.done) return;
          for (const record of next.value) {
            if (!page.takes(record.bytes.length)) yield flush();
            page.add(record);
          }
          if (page.size > 0) yield flush();
        }
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
  };
}
