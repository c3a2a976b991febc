import { styleText } from 'node:util';
import { OWN_DATASET, parseHead, type Events, type Head } from '../mappings/events.ts';
import { count, slice } from '../mappings/slices.ts';
import { duration, number } from './human.ts';
import type { Status } from './control/questions.ts';
import { printable } from './table.ts';

/** Where the demo is shown: standard output, or a test's own. */
export interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

const STATUS = {
  success: styleText('green', 'Succeeded'),
  failure: styleText('red', 'Failed   '),
  unknown: styleText('yellow', 'Unknown  '),
} as const;

/** A terminal that cannot redraw a line gets the counters once in so many events. */
const PLAIN_COUNTERS_EVERY = 20;

/** What a newcomer sees: the way of an event once, then every event as a line, and the counters below them. */
export class DemoView {
  readonly #terminal: Terminal;
  #counters = '';
  #shown = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  introduce(version: string, folder: string): void {
    this.#line(
      styleText('bold', `audit-relay ${version}`) + ': the demo. A made-up platform; everything behind it is real.\n',
    );
    this.#line('  demo platform ──► mapping ──► spool ──► lane ──► events.ndjson');
    this.#line(styleText('dim', '  3 records a       to ECS     on disk,  retries,  where Elasticsearch,'));
    this.#line(styleText('dim', '  second                       fsynced   in order  Splunk or syslog would be\n'));
    this.#line(`  everything is below ${folder}; stop with Ctrl-C and start again: it goes on where it was\n`);
    this.#line(styleText('bold', columns('TIME', 'AREA', 'USER', 'EVENT', 'STATUS   ', 'IP ADDRESS')));
  }

  events(blocks: readonly Events[]): void {
    for (const block of blocks) {
      for (let i = 0; i < count(block.heads); i++) {
        this.#line(eventLine(parseHead(slice(block.heads, i))));
        this.#shown++;
        if (!this.#terminal.isTTY && this.#shown % PLAIN_COUNTERS_EVERY === 0)
          this.#terminal.write(`${this.#counters}\n`);
      }
    }
    this.#redraw();
  }

  counters({ store, running }: Status, now: number): void {
    const lane = store.consumers[0];
    const parts = [
      `stored ${number(store.last)}`,
      `delivered ${number(lane?.acknowledged ?? 0)}`,
      `waiting ${number(lane?.pending ?? 0)}`,
      `set aside ${number(lane?.deadLetters ?? 0)}`,
      `unaccounted ${number(store.unaccounted)}`,
      `up ${duration(now - (running?.startedAt ?? now))}`,
    ];
    this.#counters = styleText('inverse', ` ${parts.join('  ·  ')} `);
    this.#redraw();
  }

  close(folder: string): void {
    this.#line(`
What you saw is stored and delivered. Look at it:
  ${folder}/events.ndjson       each event in the Elastic Common Schema, one JSON object a line
  ${folder}/audit-relay.yaml    the configuration that ran

Next:
  npx audit-relay status --config ${folder}/audit-relay.yaml
  npx audit-relay map < records.ndjson                what a record of yours becomes
  npx audit-relay validate --config config/example.yaml
`);
  }

  #line(text: string): void {
    this.#terminal.write(this.#terminal.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  }

  #redraw(): void {
    if (this.#terminal.isTTY) this.#terminal.write(`\r\x1b[K${this.#counters}`);
  }
}

function eventLine(head: Head): string {
  if (head.dataset === OWN_DATASET)
    return styleText(
      'dim',
      columns(head.time.slice(11, 19), 'agent', '-', head.message ?? head.action, '-        ', '-'),
    );
  const status = STATUS[head.outcome ?? 'unknown'];
  return columns(
    head.time.slice(11, 19),
    head.area ?? '-',
    head.user ?? '-',
    head.message ?? head.action,
    status,
    head.ip ?? '-',
  );
}

const cell = (text: string, width: number): string => printable(text, width).padEnd(width);

/** The columns of the platform's own page, in a terminal's order; `status` comes padded, since it may be coloured. */
const columns = (time: string, area: string, user: string, event: string, status: string, ip: string): string =>
  `${cell(time, 8)}  ${cell(area, 10)}  ${cell(user, 26)}  ${cell(event, 38)}  ${status}  ${printable(ip, 39)}`;
