import type { DeadLetterView } from '../control/questions.ts';
import { printable, table } from '../table.ts';
import { askStore } from './ask-store.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** `audit-relay dead-letters list LANE`: oldest first; `--json` prints one whole letter a line. */
export async function list(dataDir: string, lane: string, options: { readonly json: boolean }): Promise<ExitCode> {
  const rows: string[][] = [];
  for await (const letter of letters(dataDir, lane)) {
    if (options.json) process.stdout.write(`${JSON.stringify(letter)}\n`);
    else rows.push([`${letter.sequence}`, letter.at, letter.head.action, letter.head.user ?? '-', letter.reason]);
  }
  if (!options.json) {
    const cells = rows.map((row) => row.map((cell) => printable(cell, 160)));
    process.stdout.write(table([['SEQUENCE', 'SET ASIDE', 'ACTION', 'USER', 'REASON'], ...cells]));
  }
  return exitCodes.done;
}

/** `audit-relay dead-letters show LANE SEQUENCE`: the event, the record and the reason, whole. */
export async function show(dataDir: string, lane: string, sequence: number): Promise<ExitCode> {
  for await (const letter of letters(dataDir, lane, sequence - 1)) {
    if (letter.sequence !== sequence) break;
    process.stdout.write(`${JSON.stringify(letter, null, 2)}\n`);
    return exitCodes.done;
  }
  process.stderr.write(
    `lane ${lane} has no dead letter ${sequence}; audit-relay dead-letters list ${lane} shows them\n`,
  );
  return exitCodes.wrong;
}

/** `audit-relay dead-letters purge LANE [SEQUENCE…]`: forgets them for good. */
export async function purge(dataDir: string, lane: string, sequences: readonly string[]): Promise<ExitCode> {
  const which = sequences.length > 0 ? { sequences: sequences.join(',') } : {};
  const { purged } = (await askStore(dataDir, '/dead-letters/purge', { lane, ...which })) as { purged: number };
  process.stdout.write(`${purged} dead letters of lane ${lane} are forgotten\n`);
  return exitCodes.done;
}

/** `audit-relay purge-lane LANE`: gives up the backlog of a removed destination. */
export async function purgeLane(dataDir: string, lane: string): Promise<ExitCode> {
  const { purged } = (await askStore(dataDir, '/lanes/purge', { lane })) as { purged: number };
  process.stdout.write(`${purged} waiting events of lane ${lane} are given up\n`);
  return exitCodes.done;
}

async function* letters(dataDir: string, lane: string, after = 0): AsyncGenerator<DeadLetterView> {
  for (let from = after; ;) {
    const page = (await askStore(dataDir, '/dead-letters', { lane, after: `${from}` })) as DeadLetterView[];
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    from = last.sequence;
  }
}
