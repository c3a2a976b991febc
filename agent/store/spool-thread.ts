import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { CommitQueue } from './commit-queue.ts';
import { described } from './database.ts';
import type { Call, CallName, Calls, Message, ThreadOptions } from './messages.ts';
import { packEvents, type BlockRow } from './packed-block.ts';
import { importDamaged } from './salvage-file.ts';
import { openSpoolFile, type SpoolFile } from './spool-file.ts';
import { SpoolLog } from './spool-log.ts';
import { lastOf, type Block } from './store.ts';

/** The store's thread: it compresses, hashes and commits, so that the disk never stops the data. */
function serve(port: MessagePort, options: ThreadOptions): void {
  const say = (message: Message, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  try {
    const note = (message: string, fields: object): void => say({ kind: 'note', message, fields });
    const file = openSpoolFile({ ...options, now: systemClock.now(), note });
    const log = new SpoolLog(file.database, file.epoch);
    if (file.damagedPath !== null) say({ kind: 'damage', damage: importDamaged(file.damagedPath, file.database, log) });
    const { instance, epoch, cleanStop } = file;
    say({ kind: 'opened', instance, epoch, cleanStop, last: log.last });
    const thread = new Thread(file, log, say, () => port.close());
    port.on('message', (call: Call) => void thread.take(call));
  } catch (error) {
    say({ kind: 'refused', name: Error.isError(error) ? error.name : 'Error', message: described(error) });
    port.close();
  }
}

type Say = (message: Message, transfer?: ArrayBuffer[]) => void;

class Thread {
  readonly #file: SpoolFile;
  readonly #log: SpoolLog;
  readonly #queue: CommitQueue;
  readonly #say: Say;
  readonly #end: () => void;
  #failed = false;

  constructor(file: SpoolFile, log: SpoolLog, say: Say, end: () => void) {
    this.#file = file;
    this.#log = log;
    this.#say = say;
    this.#end = end;
    this.#queue = new CommitQueue(log, systemClock, (error) => this.#fail(error));
  }

  async take(call: Call): Promise<void> {
    if (this.#failed) return;
    try {
      const answer = await this.#answer(call);
      const buffers = call.name === 'read' && answer ? buffersOf(answer as Block) : [];
      this.#say({ kind: 'answer', id: call.id, answer }, buffers);
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * After an error nothing on the connection can be trusted (a second fsync may succeed although the pages of the first are
   * gone), and what the log keeps in memory may be ahead of the disk: nothing more is done or answered.
   */
  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#queue.stop();
    this.#say({ kind: 'failed', message: described(error) });
    this.#end();
  }

  async #answer({ name, ask }: Call): Promise<Calls[CallName]['answer']> {
    const log = this.#log;
    switch (name) {
      case 'append': {
        const packed = { ...ask, blocks: ask.blocks.map(packEvents) };
        return await new Promise((resolve) => this.#queue.append(packed, resolve));
      }
      case 'settle':
        return await new Promise((resolve) => this.#queue.settle(ask, () => resolve(null)));
      case 'checkpoint':
        return log.checkpoint(ask.source);
      case 'learned':
        return log.learned(ask.source);
      case 'open':
        return log.open(ask.consumer, ask.from);
      case 'read':
        return await this.#read(ask.after);
      case 'state':
        return log.state();
      case 'deadLetters':
        return log.deadLetters(ask.consumer, ask.after, ask.limit);
      case 'purgeDeadLetters': {
        const purged = log.purgeDeadLetters(ask.consumer, ask.sequences);
        this.#queue.roomMade();
        return purged;
      }
      case 'purgeConsumer': {
        const purged = log.purgeConsumer(ask.consumer);
        this.#queue.roomMade();
        return purged;
      }
      case 'verify':
        return await this.#verify();
      case 'close':
        this.#queue.flush();
        this.#file.close(ask.clean);
        return null;
    }
  }

  /** The next whole block; damaged ones on the way are taken apart and reported. */
  async #read(after: number): Promise<Block | null> {
    for (let found = this.#log.read(after); found; found = this.#log.read(after)) {
      if (!isDamaged(found)) return found;
      this.#say({ kind: 'damage', damage: await this.#log.salvage(found, systemClock.now()) });
    }
    return null;
  }

  /** Reads every block once, letting commits pass between them. */
  async #verify(): Promise<Calls['verify']['answer']> {
    let blocks = 0;
    let events = 0;
    for (let block = await this.#read(0); block; block = await this.#read(lastOf(block))) {
      blocks++;
      events += block.documents.ends.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { blocks, events };
  }
}

/** What can be given away instead of copied. */
const buffersOf = ({ documents, records, heads }: Block): ArrayBuffer[] => [
  ...new Set([documents, records, heads].flatMap(({ bytes, ends }) => [bytes.buffer, ends.buffer] as ArrayBuffer[])),
];

const isDamaged = (found: Block | BlockRow): found is BlockRow => 'digests' in found;

serve(parentPort!, workerData as ThreadOptions);
