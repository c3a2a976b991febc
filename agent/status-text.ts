import type { Running, Status } from './control/questions.ts';
import { bytes, duration, number } from './human.ts';
import type { ConsumerState } from './store/store.ts';
import { printable, table } from './table.ts';

/** `audit-relay status` for people; `now` in ms since the epoch. */
export function statusText({ running, store }: Status, now: number): string {
  const { spool } = store;
  const head = running
    ? `agent ${running.version} runs (pid ${running.pid}) for ${duration(now - running.startedAt)}`
    : 'no agent runs on this data directory';
  // Damage is rare, and must stand out where there was some.
  const isDamaged = store.consumers.some(({ lost }) => lost > 0);
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
      [
        'LANE',
        'STATE',
        'DELIVERED',
        'WAITING',
        'OLDEST',
        'FILTERED',
        'SET ASIDE',
        ...(isDamaged ? ['LOST'] : []),
        'WHY',
      ],
      ...store.consumers.map((consumer) => laneRow(consumer, running, now, isDamaged)),
    ]),
    ...unrecognised(running?.unrecognised ?? {}),
  ].join('');
}

const laneName = ({ name }: ConsumerState): string => name.replace(/^lane:/, '');

function laneRow(consumer: ConsumerState, running: Running | null, now: number, isDamaged: boolean): readonly string[] {
  const { pending, oldestPendingAt, deadLetters, lost } = consumer;
  const status = running?.lanes[laneName(consumer)];
  const removed = running && !status ? 'not in the configuration; its backlog is kept until it is purged by name' : '';
  return [
    laneName(consumer),
    status?.state ?? (running ? 'removed' : '-'),
    number(consumer.acknowledged),
    number(pending),
    oldestPendingAt === null ? '-' : duration(now - oldestPendingAt),
    number(consumer.filtered),
    number(deadLetters),
    ...(isDamaged ? [number(lost)] : []),
    status?.reason ? printable(status.reason, 200) : removed,
  ];
}

function unrecognised(bySource: Readonly<Record<string, Readonly<Record<string, number>>>>): readonly string[] {
  const rows = Object.entries(bySource).flatMap(([source, shapes]) =>
    Object.entries(shapes).map(([shape, n]) => [source, number(n), printable(shape, 120)]),
  );
  if (rows.length === 0) return [];
  return [
    '\nWhat the mapping does not know, by shape; it is forwarded all the same:\n',
    table([['SOURCE', 'EVENTS', 'SHAPE'], ...rows.slice(0, 20)]),
  ];
}
