import { objectSchema } from '../../config/schema.ts';
import { BLOCK_EVENTS_MAX } from '../../mappings/events.ts';
import { recordHash, type AuditRecord } from '../../mappings/record.ts';
import { addresses, commonCodes, connectors, demoEvents, files, folders, people } from './demo-events.ts';
import type { DemoEvent } from './demo-events.ts';
import { sourceKind, type Checkpoint, type Page } from './source.ts';

const options = objectSchema({
  type: 'object',
  description:
    'Invented events of every kind the platform has, to see the agent at work. Everything in them is made up.',
  properties: {
    rate: { type: 'number', minimum: 0.001, maximum: 100_000, default: 3, description: 'Events per second.' },
    seed: { type: 'integer', minimum: 0, default: 1, description: 'The same seed gives the same events.' },
    events: {
      type: 'integer',
      minimum: 0,
      description: 'Ends after this many events. Without it, it goes on for ever.',
    },
  },
});

/** Longest wait between two pages: a slow rate gives single events, a fast one gathers. */
const PAGE_MS_MIN = 20;

/** Record n is a function of seed and n; only its time comes from the clock. With `once` nothing waits. */
export const demo = sourceKind({
  type: 'demo',
  options,
  open: async ({ rate, seed, events = Infinity }, { clock, once }) => ({
    async *read(from, signal): AsyncGenerator<Page> {
      const last = once && events === Infinity ? demoEvents.length : events;
      const perPage = Math.min(BLOCK_EVENTS_MAX, Math.max(1, Math.floor((rate * PAGE_MS_MIN) / 1000)));
      const start = clock.monotonic();
      const first = countIn(from);
      for (let n = first; n < last && !signal.aborted;) {
        const count = Math.min(perPage, last - n);
        if (!once && !(await isDue(start + ((n - first + count) * 1000) / rate))) return;
        const time = new Date(clock.now()).toISOString();
        const records = Array.from({ length: count }, (_, i) => demoRecord(seed, n + i, time));
        n += count;
        yield { records, gaps: [], checkpoint: { events: n } };
      }
      /** Waits; false when the signal ended that. */
      async function isDue(due: number): Promise<boolean> {
        const ms = due - clock.monotonic();
        return ms <= 0 || clock.sleep(ms, signal).then(() => true, () => false); // prettier-ignore
      }
    },
  }),
});

function countIn(from: Checkpoint): number {
  const { events } = (from ?? {}) as { events?: unknown };
  return typeof events === 'number' ? events : 0;
}

/** Record `n` (from 0) of the demo, in the shape of the platform's API. The first ones go through every kind. */
export function demoRecord(seed: number, n: number, time: string): AuditRecord {
  const random = randomOf(seed, n);
  const event = demoEvents[n] ?? choose(random() < 0.7 ? often : demoEvents, random);
  const chance = random();
  // The first of each kind succeeds where it can; later one call in twelve fails, and some of those were not allowed.
  const unusual = n >= demoEvents.length && chance < 1 / 12;
  const allowed = !event.denied && !(unusual && chance < 1 / 36);
  const subject = {
    person: choose(people, random),
    file: choose(files, random),
    folder: choose(folders, random),
    number: 100 + Math.floor(random() * 900),
  };
  const fields = {
    account: 'demo00-audit0-relay0',
    token: event.actor === 'unknown' ? 'Unknown' : choose(people, random),
    'client-ip': choose(addresses, random),
    acl: event.acl,
    allowed: String(allowed),
    method: event.method,
    message: event.message,
    succeeded: String(allowed && !unusual && !event.failed),
    area: event.area,
    company: 'Example Ltd',
    ...(event.connector && { device: choose(connectors, random) }),
    time,
    metadata: event.metadata?.(subject) ?? {},
  };
  const text = JSON.stringify(fields);
  const bytes = Buffer.from(event.broken ? text.slice(0, text.length / 2) : text);
  const common = { bytes, nativeId: `${seed}:${n}`, hash: recordHash(bytes) };
  return event.broken ? { ...common, fields: null, problem: 'not JSON: it ends in the middle' } : { ...common, fields };
}

const often: readonly DemoEvent[] = demoEvents.filter(({ code }) => commonCodes.includes(code));

const choose = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)]!;

/** mulberry32 from a seed and a number: record n needs no records before it. */
function randomOf(seed: number, n: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
