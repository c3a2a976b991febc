import { parseHead, type Head } from '../../mappings/events.ts';
import type { LaneStatus } from '../lane-health.ts';
import type { DeadLetter, Store, StoreState } from '../store/store.ts';
import { BadQuestion, type Answer } from './socket.ts';

/** What only a running agent knows. */
export interface Running {
  readonly version: string;
  readonly pid: number;
  /** ms since the epoch */
  readonly startedAt: number;
  readonly lanes: Readonly<Record<string, LaneStatus>>;
  /** Per source: messages that no row of its mapping recognises, by shape. */
  readonly unrecognised: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface Status {
  readonly running: Running | null;
  readonly store: StoreState;
}

/** A dead letter as `dead-letters list --json` prints it. */
export interface DeadLetterView {
  readonly lane: string;
  readonly sequence: number;
  readonly id: string;
  readonly reason: string;
  /** When it was set aside, ISO 8601. */
  readonly at: string;
  readonly head: Head;
  /** The whole ECS event, and the record as it came. */
  readonly event: unknown;
  readonly record: string;
}

const PAGE = 200;

/** Consumers of lanes carry this before the destination's name. */
export const laneConsumer = (lane: string): string => `lane:${lane}`;

/** The one set of answers: over the socket of a running agent, or by a command that opened the store itself. */
export const answers =
  (store: Store, running: () => Running | null): Answer =>
  async ({ path, parameters }) => {
    switch (path) {
      case '/status':
        return { running: running(), store: await store.state() } satisfies Status;
      case '/dead-letters': {
        const lane = await knownLane(store, parameters['lane']);
        const letters = await store.deadLetters(laneConsumer(lane), Number(parameters['after'] ?? 0), PAGE);
        return letters.map((letter) => view(lane, letter));
      }
      case '/dead-letters/purge': {
        const lane = await knownLane(store, parameters['lane']);
        const named = parameters['sequences'];
        const which = named === undefined ? 'all' : named.split(',').map(Number);
        return { purged: await store.purgeDeadLetters(laneConsumer(lane), which) };
      }
      case '/lanes/purge': {
        const lane = await knownLane(store, parameters['lane']);
        if (running()?.lanes[lane]) {
          throw new BadQuestion(
            `lane ${lane} is configured and delivers; take its destination out of the configuration first`,
          );
        }
        return { purged: await store.purgeConsumer(laneConsumer(lane)) };
      }
      default:
        throw new BadQuestion(`unknown question ${path}`);
    }
  };

async function knownLane(store: Store, lane: string | undefined): Promise<string> {
  const { consumers } = await store.state();
  if (lane !== undefined && consumers.some(({ name }) => name === laneConsumer(lane))) return lane;
  const known = consumers.map(({ name }) => name.replace(/^lane:/, '')).join(', ') || 'none yet';
  throw new BadQuestion(`no lane named ${lane ?? '(none given)'}; the lanes are: ${known}`);
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const view = (lane: string, { sequence, id, reason, at, head, document, record }: DeadLetter): DeadLetterView => ({
  lane,
  sequence,
  id,
  reason,
  at: new Date(at).toISOString(),
  head: parseHead(head),
  event: JSON.parse(text(document)) as unknown,
  record: text(record),
});
