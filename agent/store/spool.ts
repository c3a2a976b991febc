import { Worker } from 'node:worker_threads';
import type { Clock } from '../../forwarders/clock.ts';
import type { Log } from '../../forwarders/forwarder.ts';
import { mapEvents, type Events } from '../../mappings/events.ts';
import type { Checkpoint } from '../sources/source.ts';
import { StorageFailed, StoreInUse, StoreUnusable } from './errors.ts';
import { Bell, orAborted } from './bell.ts';
import type { Message, ThreadOptions } from './messages.ts';
import { RecentBlocks } from './recent-blocks.ts';
import type { Damage } from './spool-log.ts';
import type { Block, Consumer, DeadLetter, Draft, Position, Settlement, Store, StoreState } from './store.ts';
import { lastOf } from './store.ts';
import { ThreadCalls } from './thread-calls.ts';

export interface StoreOptions {
  readonly dataDir: string;
  /** Of everything the store keeps on disk. Left out: a command that opens what is there for a moment. */
  readonly sizeBytes?: number;
  /** How long to wait for another process that holds it, ms. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onDamage: (damage: Damage) => void;
  /** Breaks opening off, which takes long where much is reserved; once open, the store is closed by disposing it. */
  readonly signal?: AbortSignal;
}

/** Handed to the thread and not yet committed. */
const UNCOMMITTED_BYTES_MAX = 16 * 1024 * 1024;
const UNCOMMITTED_DRAFTS_MAX = 32;
/** Kept in memory for lanes that keep up. */
const RECENT_BYTES_MAX = 24 * 1024 * 1024;
const BUSY_POLL_MS = 100;

const threadUrl = new URL(import.meta.url.endsWith('.ts') ? './spool-thread.ts' : './spool-thread.js', import.meta.url);

/**
 * Opens the store of a data directory, on a thread of its own. Throws `StoreInUse`, `StoreUnusable` or `StorageFailed`, each
 * saying what to do.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { clock, waitMs } = options;
  for (const until = clock.monotonic() + waitMs; ;) {
    try {
      return await start(options);
    } catch (error) {
      if (!(error instanceof StoreInUse) || clock.monotonic() >= until) throw error;
      await clock.sleep(BUSY_POLL_MS, options.signal);
    }
  }
}

async function start({ dataDir, sizeBytes, log, onDamage, signal }: StoreOptions): Promise<Store> {
  signal?.throwIfAborted();
  const worker = new Worker(threadUrl, { workerData: { dataDir, sizeBytes } satisfies ThreadOptions });
  const calls = new ThreadCalls(worker);
  const opened = Promise.withResolvers<Extract<Message, { kind: 'opened' }>>();
  worker.on('message', (message: Message) => {
    switch (message.kind) {
      case 'opened':
        return opened.resolve(message);
      case 'refused':
        return opened.reject(refusal(message.name, message.message));
      case 'answer':
        return calls.answered(message.id, message.answer);
      case 'damage':
        log.error('stored events were damaged', { ...message.damage });
        return onDamage(message.damage);
      case 'note':
        return log.info(message.message, message.fields);
      case 'failed':
        return calls.fail(new StorageFailed(`the store in ${dataDir} failed: ${message.message}`));
    }
  });
  worker.on('error', (error) => {
    calls.fail(new StorageFailed(`the store's thread ended: ${Error.isError(error) ? error.message : String(error)}`));
    opened.reject(error);
  });
  worker.on('exit', () => calls.fail(new StorageFailed("the store's thread ended")));
  try {
    if (signal) await orAborted(opened.promise, signal);
    return new SpoolStore(worker, calls, await opened.promise, sizeBytes !== undefined);
  } catch (error) {
    opened.promise.catch(() => undefined);
    await worker.terminate();
    throw error;
  }
}

function refusal(name: string, message: string): Error {
  if (name === 'StoreInUse') return new StoreInUse(message);
  if (name === 'StoreUnusable') return new StoreUnusable(message);
  return new StorageFailed(message);
}

class SpoolStore implements Store {
  readonly instance: string;
  readonly epoch: number;
  readonly cleanStop: boolean;
  readonly #worker: Worker;
  readonly #calls: ThreadCalls;
  readonly #isAgent: boolean;
  readonly #recent = new RecentBlocks(RECENT_BYTES_MAX);
  #last: number;
  #uncommitted = { drafts: 0, bytes: 0 };
  /** Rings when a block was stored. */
  readonly #grown = new Bell();
  /** Rings when what waits for its commit has become less. */
  readonly #room = new Bell();

  constructor(worker: Worker, calls: ThreadCalls, opened: Extract<Message, { kind: 'opened' }>, isAgent: boolean) {
    this.#worker = worker;
    this.#calls = calls;
    this.#isAgent = isAgent;
    this.instance = opened.instance;
    this.epoch = opened.epoch;
    this.cleanStop = opened.cleanStop;
    this.#last = opened.last;
    calls.failed.catch((error: unknown) => this.#end(error as Error));
  }

  get failed(): Promise<never> {
    return this.#calls.failed;
  }

  async append(
    source: string,
    draft: Draft,
    checkpoint: Checkpoint,
    signal: AbortSignal,
  ): Promise<{ stored: Promise<void> }> {
    while (this.#uncommitted.drafts >= UNCOMMITTED_DRAFTS_MAX || this.#uncommitted.bytes >= UNCOMMITTED_BYTES_MAX) {
      await orAborted(this.#room.next, signal);
    }
    const blocks = draft.events.map(copied);
    const bytes = blocks.reduce(
      (sum, { documents, records }) => sum + documents.bytes.length + records.bytes.length,
      0,
    );
    this.#uncommitted.drafts++;
    this.#uncommitted.bytes += bytes;
    const ask = { source, checkpoint, gaps: draft.gaps, learned: [...draft.learned], blocks };
    const stored = this.#calls.call('append', ask, blocks.flatMap(buffersOf)).then((places) => {
      this.#uncommitted.drafts--;
      this.#uncommitted.bytes -= bytes;
      places.forEach((place, i) => this.#add({ ...draft.events[i]!, ...place }));
      this.#room.ring();
    });
    return { stored };
  }

  checkpoint(source: string): Promise<Checkpoint> {
    return this.#calls.call('checkpoint', { source });
  }

  learned(source: string): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.#calls.call('learned', { source });
  }

  async consumer(name: string, from: Position): Promise<Consumer> {
    let cursor = await this.#calls.call('open', { consumer: name, from });
    const settle = async (upTo: number, became: Settlement): Promise<void> => {
      await this.#calls.call('settle', { consumer: name, upTo, became });
      cursor = upTo;
    };
    const read = (signal: AbortSignal): AsyncIterable<Block> => this.#read(cursor, signal);
    return {
      name,
      get cursor() {
        return cursor;
      },
      read,
      settle,
    };
  }

  async state(): Promise<StoreState> {
    return { ...(await this.#calls.call('state', null)), epoch: this.epoch, cleanStop: this.cleanStop };
  }

  deadLetters(consumer: string, after: number, limit: number): Promise<readonly DeadLetter[]> {
    return this.#calls.call('deadLetters', { consumer, after, limit });
  }

  purgeDeadLetters(consumer: string, sequences: readonly number[] | 'all'): Promise<number> {
    return this.#calls.call('purgeDeadLetters', { consumer, sequences });
  }

  purgeConsumer(consumer: string): Promise<number> {
    return this.#calls.call('purgeConsumer', { consumer });
  }

  verify(): Promise<{ readonly blocks: number; readonly events: number }> {
    return this.#calls.call('verify', null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls.call('close', { clean: this.#isAgent }).catch(() => undefined); // failed: nothing is left to close
    this.#end(new Error('the store is closed'));
    await this.#worker.terminate();
  }

  #end(why: Error): void {
    this.#calls.close(why);
    this.#grown.break(why);
    this.#room.break(why);
  }

  async *#read(from: number, signal: AbortSignal): AsyncGenerator<Block> {
    for (let at = from; !signal.aborted;) {
      const grown = this.#grown.next;
      const last = this.#last;
      const block = this.#recent.after(at) ?? (at < last ? await this.#calls.call('read', { after: at }) : null);
      if (block) {
        at = lastOf(block);
        yield block;
      } else if (at < last) {
        at = last; // what lies between was lost to damage
      } else {
        await orAborted(grown, signal).catch(unlessAborted(signal));
      }
    }
  }

  #add(block: Block): void {
    this.#recent.add(block);
    this.#last = lastOf(block);
    this.#grown.ring();
  }
}

/** Tight copies that can be given away: the originals stay here for the lanes. */
const copied = (events: Events): Events =>
  mapEvents(events, ({ bytes, ends }) => ({ bytes: new Uint8Array(bytes), ends: new Uint32Array(ends) }));

const buffersOf = ({ documents, records, heads }: Events): ArrayBuffer[] =>
  [documents, records, heads].flatMap(({ bytes, ends }) => [bytes.buffer, ends.buffer]) as ArrayBuffer[];

const unlessAborted =
  (signal: AbortSignal) =>
  (error: unknown): void => {
    if (!signal.aborted) throw error;
  };
