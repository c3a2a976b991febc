import { csvColumns } from './csv.ts';
import type { Content } from './file-content.ts';
import { FINGERPRINT_BYTES, type FileState } from './file-identity.ts';
import { matchContent } from './file-match.ts';
import { LineSplitter } from './lines.ts';
import { LineParser, type LineFormat } from './parse-record.ts';

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Content that is being read. */
export interface Open {
  readonly content: Content;
  readonly begin: number;
  readonly splitter: LineSplitter;
  readonly parser: LineParser;
  /** The first bytes from `begin`, as they were read: what a fingerprint is made from. */
  head: Buffer;
}

/**
 * Begins to read content, or goes on behind what is stored of it. `end`: its header is not complete. `changed`: it is not the
 * content that the state is of.
 */
export async function startReading(
  content: Content,
  state: FileState | null,
  format: LineFormat,
): Promise<Open | 'end' | 'changed'> {
  if (state && (await matchContent(state, content)) !== 'same') return 'changed';
  const start = await readStart(content, format);
  if (!start) return 'end';
  const at = state?.at ?? start.begin;
  const head = await content.bytes(start.begin, Math.min(at - start.begin, FINGERPRINT_BYTES));
  await content.seek(at);
  const parser = new LineParser(format, start.columns);
  const splitter = new LineSplitter(at, format === 'csv');
  return { content, begin: start.begin, splitter, parser, head };
}

/** Where the lines begin, and for CSV their columns; `null` while the header is not complete. */
export async function readStart(
  content: Content,
  format: LineFormat,
): Promise<{ readonly begin: number; readonly columns: readonly string[] | null } | null> {
  if (format === 'ndjson') {
    const begin = BOM.equals(await content.bytes(0, BOM.length)) ? BOM.length : 0;
    return { begin, columns: null };
  }
  const splitter = new LineSplitter(0, true);
  await content.seek(0);
  for (let block = await content.next(); block; block = await content.next()) {
    splitter.push(block);
    const line = splitter.next();
    if (line) return { begin: line.next, columns: csvColumns(line.bytes.toString('utf8')) ?? [] };
  }
  return null;
}
