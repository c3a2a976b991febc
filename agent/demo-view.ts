import { styleText } from 'node:util';
import { OWN_DATASET, parseHead, type Events, type Head } from '../mappings/events.ts';
import { count, slice } from '../mappings/slices.ts';
import { duration, number } from './human.ts';
import type { Status } from './control/questions.ts';
import { printable } from './table.ts';

/** Where the demo is shown: standard output, or a test's own. */
export interface Terminal {
  readonly isTTY: boolean;
  /** As it is now: a window can be made smaller. `undefined` where nobody says. */
  readonly columns: number | undefined;
  write(text: string): void;
}

const COLUMNS_DEFAULT = 120;
/** Narrower ones wrap: what is left of an event would say nothing. */
const COLUMNS_MIN = 64;

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
  #status: { readonly status: Status; readonly now: number } | null = null;
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
    this.#line(`  It keeps everything below ${folder}.`);
    this.#line('  Stop it with Ctrl-C and start it again: it goes on where it was.\n');
    this.#line('  The last line counts events: stored (from then on they cannot be lost),');
    this.#line('  delivered, waiting, set aside (refused for good by the destination), and');
    this.#line('  unaccounted (stored less all the others: this must be 0).\n');
    this.#line(styleText('bold', this.#columns('TIME', 'AREA', 'USER', 'EVENT', 'STATUS   ', 'IP ADDRESS')));
  }

  events(blocks: readonly Events[]): void {
    for (const block of blocks) {
      for (let i = 0; i < count(block.heads); i++) {
        this.#line(this.#event(parseHead(slice(block.heads, i))));
        this.#shown++;
        if (!this.#terminal.isTTY && this.#shown % PLAIN_COUNTERS_EVERY === 0)
          this.#terminal.write(`${this.#counters()}\n`);
      }
    }
    this.#redraw();
  }

  counters(status: Status, now: number): void {
    this.#status = { status, now };
    this.#redraw();
  }

  close(folder: string): void {
    this.#line(`
What you saw is stored and delivered. Look at it:
  ${folder}/events.ndjson      the events in the Elastic Common Schema
  ${folder}/audit-relay.yaml   the configuration that ran

Next:
  npx audit-relay status --config ${folder}/audit-relay.yaml
  npx audit-relay map --test             the mapping, tried on its own examples
  npx audit-relay map < YOUR-RECORDS     what records of yours become
  config/example.yaml                    every kind of source and destination
`);
  }

  get #width(): number {
    return Math.max(COLUMNS_MIN, this.#terminal.columns ?? COLUMNS_DEFAULT);
  }

  #line(text: string): void {
    this.#terminal.write(this.#terminal.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  }

  #redraw(): void {
    if (this.#terminal.isTTY) this.#terminal.write(`\r\x1b[K${this.#counters()}`);
  }

  /** One line, never more: it could not be drawn over. What has no room is left out, from the end. */
  #counters(): string {
    if (!this.#status) return '';
    const { store, running } = this.#status.status;
    const lane = store.consumers[0];
    const parts = [
      `stored ${number(store.last)}`,
      `delivered ${number(lane?.acknowledged ?? 0)}`,
      `waiting ${number(lane?.pending ?? 0)}`,
      `set aside ${number(lane?.deadLetters ?? 0)}`,
      `unaccounted ${number(store.unaccounted)}`,
      `up ${duration(this.#status.now - (running?.startedAt ?? this.#status.now))}`,
    ];
    const text = (): string => ` ${parts.join(' · ')} `;
    while (text().length >= this.#width && parts.length > 1) parts.pop();
    return styleText('inverse', text());
  }

  #event(head: Head): string {
    const time = head.time.slice(11, 19);
    const text = head.message ?? head.action;
    if (head.dataset === OWN_DATASET)
      return styleText('dim', this.#columns(time, 'agent', '-', text, '-        ', '-'));
    return this.#columns(
      time,
      head.area ?? '-',
      head.user ?? '-',
      text,
      STATUS[head.outcome ?? 'unknown'],
      head.ip ?? '-',
    );
  }

  /**
   * The columns of the platform's own page, in a terminal's order, never wider than it; `status` comes padded, since it may
   * be coloured. The address needs a wide one.
   */
  #columns(time: string, area: string, user: string, event: string, status: string, ip: string): string {
    const room = this.#width - 1 - TIME - AREA - STATUS_WIDTH - 4 * GAP.length;
    const ipWidth = room >= USER_MAX + EVENT_MAX + IP_MIN + GAP.length ? room - USER_MAX - EVENT_MAX - GAP.length : 0;
    const userWidth = ipWidth > 0 ? USER_MAX : Math.min(USER_MAX, Math.floor(room * USER_SHARE));
    const eventWidth = ipWidth > 0 ? EVENT_MAX : room - userWidth;
    const cells = [cell(time, TIME), cell(area, AREA), cell(user, userWidth), cell(event, eventWidth), status];
    return [...cells, ...(ipWidth > 0 ? [printable(ip, ipWidth)] : [])].join(GAP);
  }
}

const GAP = '  ';
const TIME = 8;
const AREA = 10;
const STATUS_WIDTH = 9;
const USER_MAX = 26;
const EVENT_MAX = 38;
/** Any IPv4 address. */
const IP_MIN = 15;
/** Of the room that user and event have without the address. */
const USER_SHARE = 0.4;

const cell = (text: string, width: number): string => printable(text, width).padEnd(width);
