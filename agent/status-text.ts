import type { Status } from './control/questions.ts';
import { bytes, duration, number } from './human.ts';
import type { LaneStatus } from './lane-health.ts';
import type { ConsumerState } from './store/store.ts';
import { printable, table } from './table.ts';

/** `audit-relay status` for people; `now` in ms since the epoch. */
export function statusText({ running, store }: Status, now: number): string {
  const { spool } = store;
  const head = running
    ? `agent ${running.version} runs (pid ${running.pid}) for ${duration(now - running.startedAt)}`
    : 'no agent runs on this data directory';
  const kept = store.last - spool.first + 1;
  return [
    `${head}\n`,
    `stored ${number(store.last)} events; ${number(kept)} kept in the spool, ${bytes(spool.usedBytes)} of ${bytes(spool.sizeBytes)}`,
    `; unaccounted ${number(store.unaccounted)}${store.unaccounted === 0 ? '' : '  <- must be 0: run with the log and report this'}\n\n`,
    table([
      ['SOURCE', 'EVENTS', 'GAPS', 'LAST STORED'],
      ...store.sources.map(({ name, events, gaps, storedAt }) => [
        name,
        number(events),
        number(gaps),
        storedAt === null ? '-' : `${duration(now - storedAt)} ago`,
      ]),
    ]),
    '\n',
    table([
      ['LANE', 'STATE', 'DELIVERED', 'WAITING', 'OLDEST', 'FILTERED', 'SET ASIDE', 'WHY'],
      ...store.consumers.map((consumer) => laneRow(consumer, running?.lanes[laneName(consumer)] ?? null, now)),
    ]),
    ...unrecognised(running?.unrecognised ?? {}),
  ].join('');
}

const laneName = ({ name }: ConsumerState): string => name.replace(/^lane:/, '');

function laneRow(consumer: ConsumerState, status: LaneStatus | null, now: number): readonly string[] {
  const { pending, oldestPendingAt, deadLetters } = consumer;
  const removed = consumer.open ? '' : 'not in the configuration; its backlog is kept until it is purged by name';
  return [
    laneName(consumer),
    status?.state ?? (consumer.open ? 'stopped' : 'removed'),
    number(consumer.acknowledged),
    number(pending),
    oldestPendingAt === null ? '-' : duration(now - oldestPendingAt),
    number(consumer.filtered),
    number(deadLetters),
    status?.reason ? printable(status.reason, 200) : removed,
  ];
}

function unrecognised(bySource: Readonly<Record<string, Readonly<Record<string, number>>>>): readonly string[] {
  const rows = Object.entries(bySource).flatMap(([source, shapes]) =>
    Object.entries(shapes).map(([shape, n]) => [source, number(n), printable(shape, 120)]),
  );
  if (rows.length === 0) return [];
  return [
    '\nMessages that no row of the mapping recognises; they are forwarded as audit-event (9000):\n',
    table([['SOURCE', 'EVENTS', 'SHAPE'], ...rows.slice(0, 20)]),
  ];
}
