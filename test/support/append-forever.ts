import { systemClock } from '../../agent/clock.ts';
import { openStore } from '../../agent/store/spool.ts';
import { events } from './blocks.ts';
import { MemoryLog } from './memory-log.ts';

/**
 * Appends blocks to the store of the folder given, saying each sequence number once it is stored, until it is killed or the
 * store fails (exit code 74, as the agent).
 */
const store = await openStore({
  dataDir: process.argv[2]!,
  sizeBytes: 64 * 1024 * 1024,
  waitMs: 0,
  clock: systemClock,
  log: new MemoryLog(),
  onDamage: () => undefined,
}).catch(fail);
store.failed.catch(fail);
await store.consumer('lane:a', 'now');
process.stdout.write('opened\n');
await appendForever((await store.state()).last + 1).catch(fail);

async function appendForever(from: number): Promise<never> {
  const signal = new AbortController().signal;
  for (let next = from; ;) {
    const n = 1 + (next % 40);
    const last = next + n - 1;
    const draft = { events: [events(next, n)], gaps: 0, learned: new Map<string, Uint8Array>() };
    const { stored } = await store.append('s', draft, last, signal);
    next = last + 1;
    stored.then(() => process.stdout.write(`${last}\n`)).catch(() => undefined); // `failed` says so
  }
}

async function fail(error: unknown): Promise<never> {
  process.stderr.write(`${String(error)}\n`);
  await systemClock.sleep(200); // whatever the thread would still do, it does now
  process.exit(74);
}
