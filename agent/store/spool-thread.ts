import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { CommitQueue } from './commit-queue.ts';
import type { Call, CallName, Calls, Message, ThreadOptions } from './messages.ts';
import { packEvents, type BlockRow } from './packed-block.ts';
import { importDamaged } from './salvage-file.ts';
import { openSpoolFile, type SpoolFile } from './spool-file.ts';
import { SpoolLog } from './spool-log.ts';
import { lastOf, type Block } from './store.ts';

/** The store's thread: it compresses, hashes and commits, so that the disk never stops the data. */
function serve(port: MessagePort, options: ThreadOptions): void {
  const say = (message: Message, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  // After an error nothing on the connection can be trusted, and what the log keeps in memory may be ahead of the disk.
  const fail = (error: unknown): void => {
    say({ kind: 'failed', message: Error.isError(error) ? error.message : String(error) });
    port.close();
  };
  try {
    const note = (message: string, fields: object): void => say({ kind: 'note', message, fields });
    const file = openSpoolFile({ ...options, now: systemClock.now(), progress: note });
    const log = new SpoolLog(file.database, file.epoch);
    if (file.damagedPath !== null) say({ kind: 'damage', damage: importDamaged(file.damagedPath, file.database, log) });
    const { instance, epoch, cleanStop } = file;
    say({ kind: 'opened', instance, epoch, cleanStop, last: log.last });
    const thread = new Thread(file, log, say, fail);
    port.on('message', (call: Call) => void thread.handle(call).catch(fail));
  } catch (error) {
    const { name, message } = Error.isError(error) ? error : new Error(String(error));
    say({ kind: 'refused', name, message });
    port.close();
  }
}

type Say = (message: Message, transfer?: ArrayBuffer[]) => void;

class Thread {
  readonly #file: SpoolFile;
  readonly #log: SpoolLog;
  readonly #queue: CommitQueue;
  readonly #say: Say;

  constructor(file: SpoolFile, log: SpoolLog, say: Say, fail: (error: unknown) => void) {
    this.#file = file;
    this.#log = log;
    this.#say = say;
    this.#queue = new CommitQueue(log, systemClock, fail);
  }

  async handle(call: Call): Promise<void> {
    const answer = await this.#answer(call);
    const buffers = call.name === 'read' && answer ? buffersOf(answer as Block) : [];
    this.#say({ kind: 'answer', id: call.id, answer }, buffers);
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
      case 'purgeDeadLetters':
        return log.purgeDeadLetters(ask.consumer, ask.sequences);
      case 'purgeConsumer':
        return log.purgeConsumer(ask.consumer);
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
