import { systemClock } from '../../agent/clock.ts';
import { openStore } from '../../agent/store/spool.ts';
import { events } from './blocks.ts';
import { MemoryLog } from './memory-log.ts';

/** Appends blocks to the store of the folder given, saying each sequence number once it is stored, until it is killed. */
const store = await openStore({
  dataDir: process.argv[2]!,
  sizeBytes: 64 * 1024 * 1024,
  waitMs: 0,
  clock: systemClock,
  log: new MemoryLog(),
  onDamage: () => undefined,
});
await store.consumer('lane:a', 'now');
const signal = new AbortController().signal;
for (let next = (await store.state()).last + 1; ;) {
  const n = 1 + (next % 40);
  const last = next + n - 1;
  const { stored } = await store.append('s', { events: [events(next, n)], gaps: 0, learned: new Map() }, last, signal);
  next = last + 1;
  void stored.then(() => process.stdout.write(`${last}\n`));
}
