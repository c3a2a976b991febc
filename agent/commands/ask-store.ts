import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { answers } from '../control/questions.ts';
import { ask, BadQuestion, type Question } from '../control/socket.ts';
import { createLog } from '../log.ts';
import { openStore } from '../store/spool.ts';

/**
 * Asks the agent that runs on the data directory; when none does, opens the store for a moment and answers with the same
 * functions. Throws `BadQuestion` with what to do.
 */
export async function askStore(
  dataDir: string,
  path: string,
  parameters: Question['parameters'] = {},
): Promise<unknown> {
  const question = { path, parameters };
  const answered = await ask(dataDir, question);
  if (answered !== null) return answered;
  if (!existsSync(join(dataDir, 'spool.db'))) {
    throw new BadQuestion(`${dataDir} holds no store: no agent has run with this data_dir yet`);
  }
  await using store = await openStore({
    dataDir,
    clock: systemClock,
    log: createLog('error'),
    waitMs: 5_000,
    onDamage: () => undefined,
  });
  return await answers(store, () => null)(question);
}
