import { isAscii, isUtf8 } from 'node:buffer';
import { recordHash, type AuditRecord, type Fields } from '../../mappings/record.ts';
import { csvColumns, csvFields } from './csv.ts';
import { LINE_BYTES_MAX, LineSplitter, type Line } from './lines.ts';

export type LineFormat = 'ndjson' | 'csv';

/** Records that nest deeper than this are not mapped: nothing that follows can recurse without end. */
export const DEPTH_MAX = 64;

/** What a line says: a record without the id that only its source can give. */
export type ParsedLine = Omit<AuditRecord, 'nativeId' | 'path'>;

/** Lines in, records out. For CSV the first line names the columns, unless they are given. */
export class LineParser {
  readonly #format: LineFormat;
  #columns: readonly string[] | null;

  constructor(format: LineFormat, columns: readonly string[] | null = null) {
    this.#format = format;
    this.#columns = columns;
  }

  /** `null`: the line holds no record (it is empty, or the header). Never throws. */
  parse(line: Line): ParsedLine | null {
    if (line.bytes.length === 0) return null;
    if (this.#format === 'ndjson') return parseLine(line, parseJson);
    const columns = this.#columns;
    if (columns) return parseLine(line, (text) => asResult(csvFields(text, columns)));
    this.#columns = csvColumns(line.bytes.toString('utf8'));
    return this.#columns ? null : parseLine(line, () => problem('the header is not CSV: a quote is never closed'));
  }
}

/** All records of a stream that ends (a pipe, standard input), as they come. `nativeId` is given each record's number from 1. */
export async function* recordsOf(
  chunks: AsyncIterable<Buffer>,
  format: LineFormat,
  nativeId: (n: number) => string,
): AsyncGenerator<AuditRecord[]> {
  const splitter = new LineSplitter(0, format === 'csv');
  const parser = new LineParser(format);
  let n = 0;
  const records = (line: Line | null): AuditRecord[] => {
    const found: AuditRecord[] = [];
    for (let at = line; at; at = splitter.next()) {
      const parsed = parser.parse(at);
      if (parsed) found.push({ ...parsed, nativeId: nativeId(++n) });
    }
    return found;
  };
  for await (const chunk of chunks) {
    splitter.push(chunk);
    yield records(splitter.next());
  }
  for (let rest = splitter.rest(); rest; rest = splitter.rest()) yield records(rest);
}

interface Result {
  readonly fields: Fields | null;
  readonly problem?: string;
  readonly malformed?: boolean;
}

const problem = (text: string): Result => ({ fields: null, problem: text });
const asResult = (fields: Fields | string): Result => (typeof fields === 'string' ? problem(fields) : { fields });

function parseLine(line: Line, parse: (text: string) => Result): ParsedLine {
  const { bytes } = line;
  if (line.whole) {
    const { length, hash } = line.whole;
    const why = `the line has ${length} bytes, more than ${LINE_BYTES_MAX}; the first ${bytes.length} are kept`;
    return { bytes, hash, ...problem(why), tags: ['line-truncated'] };
  }
  const hash = recordHash(bytes);
  // One-byte text parses faster, and most lines are ASCII.
  if (isAscii(bytes)) return finish(bytes, hash, parse(bytes.toString('latin1')), false);
  return finish(bytes, hash, parse(bytes.toString('utf8')), !isUtf8(bytes));
}

function finish(bytes: Buffer, hash: string, result: Result, invalid: boolean): ParsedLine {
  const parsed: ParsedLine = { bytes, hash, fields: result.fields };
  if (result.problem === undefined && !invalid && !result.malformed) return parsed;
  return {
    ...parsed,
    ...(result.problem !== undefined && { problem: result.problem }),
    ...((invalid || result.malformed) && { tags: ['invalid-utf8'] }),
  };
}

function parseJson(text: string): Result {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return problem(`not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return problem(`expected a JSON object, found ${describe(value)}`);
  }
  const found: Found = { tooDeep: false, unsafe: false };
  inspect(value, 1, found);
  if (found.tooDeep) return problem(`the record nests deeper than ${DEPTH_MAX} levels`);
  const fields = (found.unsafe ? JSON.parse(text, keepDigits) : value) as Fields;
  // Only an escape can bring a lone surrogate; it cannot be written as UTF-8.
  if (SURROGATE_ESCAPE.test(text) && !isWellFormed(fields)) return { fields, malformed: true };
  return { fields };
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

interface Found {
  tooDeep: boolean;
  unsafe: boolean;
}

/** One walk, at most `DEPTH_MAX` deep, for what is rare: nesting, and numbers that a double cannot hold exactly. */
function inspect(value: object, depth: number, found: Found): void {
  if (depth > DEPTH_MAX) {
    found.tooDeep = true;
    return;
  }
  for (const key in value) {
    const inner = (value as Fields)[key];
    if (typeof inner === 'string') continue;
    if (typeof inner === 'number') {
      if (inner > Number.MAX_SAFE_INTEGER || inner < Number.MIN_SAFE_INTEGER) found.unsafe = true;
    } else if (typeof inner === 'object' && inner !== null) inspect(inner, depth + 1, found);
  }
}

/** A reviver: a number beyond 2^53 stays the text it was. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const isBig = typeof value === 'number' && (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER);
  return isBig ? (context?.source ?? value) : value;
}

/** Whether all its texts and keys can be written as UTF-8. Called for values `inspect` has found shallow. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner));
}

const describe = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
