import { matchesGlob } from 'node:path';
import { objectSchema, type Options } from '../../config/schema.ts';
import type { Log } from '../../forwarders/forwarder.ts';
import { watchFolders } from './file-discovery.ts';
import { decodeCheckpoint } from './file-identity.ts';
import type { FileReader, TurnEnd } from './file-reader.ts';
import { FileScan } from './file-scan.ts';
import { FileSet } from './file-set.ts';
import { PageRecords } from './pages.ts';
import { sourceKind, type Checkpoint, type Gap, type Page, type SourceParts } from './source.ts';
import { Wake } from './wake.ts';

/** Looks that `run --once` takes at most to find out what a file is. What is not clear then is left to the next run. */
const UNCLEAR_LOOKS_MAX = 100;

const options = objectSchema({
  type: 'object',
  description:
    'Lines of files as they are written, through every kind of rotation: renamed, copied and truncated, deleted and created ' +
    'again, compressed. Each line is read once, also after a stop.',
  properties: {
    paths: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', format: 'path', description: 'A path or a glob.' },
      description: 'The files to read. Their rotated siblings (`.1`, `-20260101`, `.gz`) are found beside them.',
      examples: [['./samples/*.ndjson']],
    },
    exclude: {
      type: 'array',
      items: { type: 'string', format: 'path', description: 'A path or a glob.' },
      default: [],
      description: 'Files that `paths` names and that are not to be read.',
    },
    format: {
      type: 'string',
      enum: ['ndjson', 'csv'],
      default: 'ndjson',
      description: 'One JSON object a line, or CSV with a header line.',
    },
    read_from: {
      type: 'string',
      enum: ['beginning', 'end'],
      default: 'beginning',
      description:
        'Where to begin in files that are there at the first start. Files that come later are read from the beginning.',
    },
    ignore_older: {
      type: 'string',
      format: 'duration',
      description: 'Files that were not written to for this long are not begun.',
      examples: ['30d'],
    },
    time_zone: {
      type: 'string',
      format: 'time-zone',
      description: 'For times in the records that do not name a time zone.',
      examples: ['Europe/Copenhagen'],
    },
    poll_ms: {
      type: 'integer',
      minimum: 10,
      maximum: 60_000,
      default: 250,
      description: 'How often to look at the files where the system does not tell of changes, in ms.',
    },
  },
  required: ['paths'],
});

export const file = sourceKind({
  type: 'file',
  options,
  reads: ({ paths, exclude }, path) => names(paths, path) && !names(exclude, path),
  open: async (given, parts) => ({ read: (from, signal) => readFiles(given, parts, from, signal) }),
});

const names = (patterns: readonly string[], path: string): boolean =>
  patterns.some((pattern) => pattern === path || matchesGlob(path, pattern));

async function* readFiles(
  given: Options<typeof options>,
  parts: SourceParts,
  from: Checkpoint,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const { clock, log, once } = parts;
  const { paths, exclude, format, read_from: readFrom, ignore_older: ignoreOlderMs = Infinity } = given;
  const scanOptions = { paths, exclude, format, readFrom, ignoreOlderMs, once };
  await using files = new FileSet(decodeCheckpoint(from), scanOptions, clock);
  const scan = new FileScan(files, scanOptions, clock, log);
  const wake = new Wake();
  let scanDue = true;
  using watchers = new DisposableStack();
  watchers.use(
    watchFolders(paths, (names) => {
      scanDue ||= names;
      wake.wake();
    }),
  );
  const page = new PageRecords();
  let gaps: Gap[] = [];
  let before = JSON.stringify(from);
  let scannedAt = 0;
  let saidEmpty = false;
  let unclearLooks = 0;

  const flush = (): Page => {
    const checkpoint = files.checkpoint();
    before = JSON.stringify(checkpoint);
    const flushed = { records: page.take(), gaps, checkpoint };
    gaps = [];
    return flushed;
  };

  while (!signal.aborted) {
    if (scanDue || clock.monotonic() - scannedAt >= given.poll_ms) {
      scanDue = false;
      scannedAt = clock.monotonic();
      gaps.push(...(await scan.look()));
      if (files.readable.length === 0 && !saidEmpty) {
        saidEmpty = true;
        log.info('no file matches yet', { source: parts.name, paths });
      }
    }
    let more = false;
    let isUnclear = scan.isUnclear;
    for (const reader of files.readable) {
      const { end, lost } = await turn(reader, files, scan, page);
      gaps.push(...lost);
      if (end === 'changed') scanDue = true;
      if (end === 'absent') isUnclear = true;
      if (end === 'full') {
        more = true;
        yield flush();
        if (isAborted(signal)) return;
      }
    }
    // Also without records: what was found out about the files is not to be found out again.
    if (page.size > 0 || gaps.length > 0 || JSON.stringify(files.checkpoint()) !== before) yield flush();
    if (more || scanDue) continue;
    if (once) {
      scanDue = isUnclear && ++unclearLooks < UNCLEAR_LOOKS_MAX;
      if (scanDue) continue;
      sayHalfLines(files, log);
      return;
    }
    await wake.wait(clock, given.poll_ms, signal);
  }
}

/** As a call, so that the compiler does not take the answer of a moment ago for the one of now. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** One file's turn. Whatever is wrong with it stays with it. */
async function turn(
  reader: FileReader,
  files: FileSet,
  scan: FileScan,
  page: PageRecords,
): Promise<{ end: TurnEnd; lost: readonly Gap[] }> {
  try {
    const end = await reader.turn(page, files.names, () => files.isComplete(reader));
    if (end === 'end' || end === 'complete') await files.atEnd(reader, end === 'complete');
    if (end === 'changed') await scan.suspect(reader);
    if (end !== 'absent') scan.troubles.fine(reader.path);
    return { end, lost: [] };
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    return { end: 'end', lost: scan.failed(reader, error) };
  }
}

/** `run --once` ends here: a line that nobody has ended is not a record yet. */
function sayHalfLines(files: FileSet, log: Log): void {
  for (const { path, pendingBytes } of files.readable) {
    if (pendingBytes > 0)
      log.warn('a file ends in a line without an end, which is not read', { path, bytes: pendingBytes });
  }
}
