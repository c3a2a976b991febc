import cron from 'node-cron';
import type { Pool } from 'undici';
import { objectSchema, type Options } from '../../../config/schema.ts';
import { connectionOptions, tlsOptions } from '../../../forwarders/tls.ts';
import type { Clock } from '../../../forwarders/clock.ts';
import { PageRecords } from '../pages.ts';
import { sourceKind, SourceUnavailable, type Checkpoint, type Page, type Source, type SourceParts } from '../source.ts';
import { fetchPage, Refused, Unavailable, type PageRequest } from './client.ts';
import { KnownRecords } from './known-records.ts';
import { forgettable, halved, nextScan, positionAt, widened, type Position, type Scan } from './plan.ts';
import { scanWindow, WindowTooLarge, type NewRecord, type ScanParts } from './scan.ts';

const options = objectSchema({
  type: 'object',
  description:
    'The platform’s audit API. It has neither event ids nor a way to be told of new events, so closed windows of time are ' +
    'read again and again, with an overlap, until nothing can appear in them any more; each record is stored once.',
  properties: {
    url: {
      type: 'string',
      format: 'uri',
      pattern: '^https?://[^/]+/?$',
      description: 'The platform, such as https://dk-co.keepit.com.',
    },
    accounts: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', minLength: 1, description: 'An account id.' },
      description: 'The accounts to read, by id. With `recursive` their sub-accounts too.',
      examples: [['aaaaaa-bbbbbb-cccccc']],
    },
    login: { type: 'string', secret: true, description: 'The login of an API token that may read the audit log.' },
    password: { type: 'string', secret: true, description: 'Its password.' },
    schedule: { type: 'string', format: 'cron', default: '*/1 * * * *', description: 'When to look for new records.' },
    since: {
      type: 'string',
      format: 'date-time',
      description: 'Where to begin at the first start. Without it, a day ago.',
      examples: ['2026-01-01T00:00:00Z'],
    },
    lag: {
      type: 'string',
      format: 'duration',
      default: '60s',
      description: 'Records younger than this may still appear, so they are not looked for yet.',
    },
    overlap: {
      type: 'string',
      format: 'duration',
      default: '10m',
      description: 'How much of what was read is read again each time. Late records widen it.',
    },
    page_size: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 500,
      description: 'Records asked for at once.',
    },
    recursive: { type: 'boolean', default: false, description: 'Sub-accounts too (for partners).' },
    area: { type: 'string', description: 'Only this area, in the platform’s own words.' },
    timeout_ms: { type: 'integer', minimum: 1, default: 60_000, description: 'Longest wait for one answer, in ms.' },
    tls: tlsOptions,
  },
  required: ['url', 'accounts', 'login', 'password'],
});
type KeepitOptions = Options<typeof options>;

export const keepit = sourceKind({ type: 'keepit', options, open });

const CONNECT_MS = 10_000;
const FIRST_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
/** A platform that refuses us is asked again so often: somebody has to act first. */
const REFUSED_MS = 15 * MINUTE_MS;

async function open(given: KeepitOptions, parts: SourceParts): Promise<Source> {
  const url = new URL(given.url);
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    throw new Error(`url: login and password would travel without TLS; use https://${url.host}`);
  }
  const { Pool } = await import('undici');
  const pool = new Pool(url.origin, {
    connections: 1,
    headersTimeout: given.timeout_ms,
    bodyTimeout: given.timeout_ms,
    connect: { ...connectionOptions(given.tls), timeout: Math.min(CONNECT_MS, given.timeout_ms / 2) },
  });
  return new KeepitSource(given, parts, pool);
}

/** All accounts of one configured source. */
interface Positions {
  readonly [account: string]: Position;
}
const VERSION = 1;

class KeepitSource implements Source {
  readonly #options: KeepitOptions;
  readonly #parts: SourceParts;
  readonly #pool: Pool;
  #refused = false;

  constructor(given: KeepitOptions, parts: SourceParts, pool: Pool) {
    this.#options = given;
    this.#parts = parts;
    this.#pool = pool;
  }

  async *read(from: Checkpoint, signal: AbortSignal): AsyncGenerator<Page> {
    const { clock, once, learned } = this.#parts;
    const known = new KnownRecords(await learned());
    const run = new Run(decode(from), known, this.#scanParts(known));
    while (!signal.aborted) {
      try {
        for (const account of this.#options.accounts) yield* this.#account(run, account, signal);
      } catch (error) {
        throw this.#told(error);
      }
      if (once) return;
      await untilDue(this.#options.schedule, clock, signal).catch(() => undefined);
    }
  }

  async *#account(run: Run, account: string, signal: AbortSignal): AsyncGenerator<Page> {
    const { clock } = this.#parts;
    const { since, overlap, lag } = this.#options;
    const begin = since === undefined ? clock.now() - FIRST_MS : Date.parse(since);
    run.positions[account] ??= positionAt(begin, overlap);
    const next = (): Scan | null => nextScan(run.positions[account]!, clock.now() - lag);
    for (let scan = next(); scan && !signal.aborted; scan = next()) {
      yield* this.#scan(run, account, scan, signal);
      this.#works();
    }
  }

  async *#scan(run: Run, account: string, scan: Scan, signal: AbortSignal): AsyncGenerator<Page> {
    const { page_size: limit, recursive, area } = this.#options;
    const { from, to } = scan;
    const before = run.positions[account]!;
    let then = scan.then;
    try {
      for await (const found of scanWindow(run.scanParts, { account, from, to, limit, recursive, area }, signal)) {
        then = this.#late(then, found, before);
        yield* run.pages(found);
      }
    } catch (error) {
      const shorter = error instanceof WindowTooLarge ? halved(before, scan) : null;
      if (!shorter) throw error;
      run.positions[account] = shorter;
      return;
    }
    run.positions[account] = then;
    yield run.moved();
  }

  /** What appears where everything was read already is late. */
  #late(then: Position, found: readonly NewRecord[], { upTo }: Position): Position {
    const now = this.#parts.clock.now();
    return found.filter(({ time }) => time < upTo).reduce((position, { time }) => widened(position, now - time), then);
  }

  #scanParts(known: KnownRecords): ScanParts {
    const { login, password, timeout_ms: timeoutMs, lag: lagMs } = this.#options;
    const { clock } = this.#parts;
    const pair = Buffer.from(`${login.reveal()}:${password.reveal()}`).toString('base64');
    const client = { pool: this.#pool, authorization: `Basic ${pair}`, timeoutMs, clock };
    const fetch = (request: PageRequest, signal: AbortSignal) => fetchPage(client, request, signal);
    return { fetch, known, clock, lagMs };
  }

  /** What `ingest` is told; a refusal is an alarm too, once. */
  #told(error: unknown): unknown {
    if (error instanceof Unavailable) return new SourceUnavailable(error.message, error.afterMs);
    if (!(error instanceof Refused)) return error;
    const { name, emit, log } = this.#parts;
    if (!this.#refused) {
      log.error('the platform refuses the source: somebody has to act', { source: name, reason: error.message });
      emit(8012, `source ${name} is refused: ${error.message}`, { source: name, reason: error.message });
    }
    this.#refused = true;
    return new SourceUnavailable(error.message, REFUSED_MS);
  }

  #works(): void {
    this.#refused = false;
  }
}

/** One reading of the source: where each account is, and what of it goes on the next page. */
class Run {
  readonly positions: Record<string, Position>;
  readonly scanParts: ScanParts;
  readonly #known: KnownRecords;

  constructor(positions: Positions, known: KnownRecords, scanParts: ScanParts) {
    this.positions = { ...positions };
    this.#known = known;
    this.scanParts = scanParts;
  }

  /** Records of a window that is not whole yet: stored and known, the position stays. */
  *pages(found: readonly NewRecord[]): Generator<Page> {
    const page = new PageRecords();
    const flush = (): Page => ({ ...this.#empty(), records: page.take(), learned: this.#known.changes() });
    for (const { record, fingerprint, time } of found) {
      if (!page.takes(record.bytes.length)) yield flush();
      page.add(record);
      this.#known.add(fingerprint, time);
    }
    if (page.size > 0) yield flush();
  }

  /** A window is whole: the position moves. */
  moved(): Page {
    this.#known.forget(Math.min(...Object.values(this.positions).map(forgettable)));
    return { ...this.#empty(), learned: this.#known.changes() };
  }

  #empty(): Page {
    return { records: [], gaps: [], checkpoint: { v: VERSION, accounts: this.positions } as unknown as Checkpoint };
  }
}

/** Throws on what this version cannot read: guessing would skip or repeat records. */
function decode(from: Checkpoint): Positions {
  if (from === null) return {};
  const { v, accounts } = from as unknown as { v: number; accounts: Positions };
  if (v !== VERSION) throw new Error(`the keepit source cannot read a checkpoint of version ${v}`);
  return accounts;
}

/** Waits for the next minute that the schedule names; the time is our clock's. */
async function untilDue(schedule: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const task = cron.createTask(schedule, () => undefined);
  do await clock.sleep(MINUTE_MS - (clock.now() % MINUTE_MS), signal);
  while (!task.match(new Date(clock.now())));
}
