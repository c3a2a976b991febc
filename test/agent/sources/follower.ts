import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { file } from '../../../agent/sources/file.ts';
import type { Checkpoint, Gap } from '../../../agent/sources/source.ts';
import type { Log } from '../../../forwarders/forwarder.ts';
import type { AuditRecord } from '../../../mappings/record.ts';
import { eventually, FakeClock, settled } from '../../support/fake-clock.ts';
import { sourceParts } from '../../support/source-parts.ts';

export const POLL_MS = 250;

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'audit-relay-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export interface Said {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function listeningLog(): Log & { readonly said: Said[] } {
  const said: Said[] = [];
  const say = (message: string, fields: object = {}): void => {
    said.push({ message, fields: fields as Said['fields'] });
  };
  return { said, info: say, warn: say, error: say };
}

export type FileOptions = Parameters<typeof file.open>[0];

export const fileOptions = (paths: readonly string[], more: Partial<FileOptions> = {}): FileOptions => ({
  paths,
  exclude: [],
  format: 'ndjson',
  read_from: 'beginning',
  poll_ms: POLL_MS,
  ...more,
});

/** Follows files as the agent would: what a page holds is stored together with its checkpoint, or not at all. */
export class Follower {
  readonly stored: AuditRecord[] = [];
  readonly gaps: Gap[] = [];
  /** Every record ever handed over, stored or not. */
  readonly seen: AuditRecord[] = [];
  readonly log = listeningLog();
  readonly clock = new FakeClock(Date.now());
  checkpoint: Checkpoint = null;
  /** The next page is handed over and lost: the agent is killed before it is stored. */
  loseNext = false;
  readonly #options: FileOptions;
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #pages = 0;

  constructor(options: FileOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#stop !== null && !this.#stop.signal.aborted;
  }

  get texts(): string[] {
    return this.stored.map(({ bytes }) => Buffer.from(bytes).toString('utf8'));
  }

  async start(): Promise<void> {
    await this.stop();
    this.#stop = new AbortController();
    this.#running = this.#follow(this.#stop);
  }

  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
    this.#stop = null;
  }

  /** Reads all there is, as `run --once` does. */
  async once(): Promise<void> {
    await this.#read(true, new AbortController());
  }

  /** Polls until nothing new comes any more. */
  async settle(polls = 2): Promise<void> {
    for (let quiet = 0; quiet < polls;) {
      const before = this.#pages;
      await this.waiting();
      await this.clock.advance(POLL_MS);
      await this.waiting();
      quiet = this.#pages === before ? quiet + 1 : 0;
    }
  }

  /** Until the source has nothing to do. */
  async waiting(): Promise<void> {
    await eventually(async () => {
      await settled();
      return this.clock.sleeping > 0 || !this.#stop || this.#stop.signal.aborted;
    }, 'the source waits');
  }

  async #follow(stop: AbortController): Promise<void> {
    await this.#read(false, stop);
  }

  async #read(once: boolean, stop: AbortController): Promise<void> {
    const parts = sourceParts({ name: 'files', clock: this.clock, log: this.log, once });
    const source = await file.open(this.#options, parts);
    for await (const page of source.read(this.checkpoint, stop.signal)) {
      this.#pages++;
      this.seen.push(...page.records);
      if (this.loseNext && page.records.length > 0) {
        this.loseNext = false;
        stop.abort();
        break;
      }
      this.stored.push(...page.records);
      this.gaps.push(...page.gaps);
      this.checkpoint = JSON.parse(JSON.stringify(page.checkpoint)) as Checkpoint;
    }
  }
}
