import { systemClock } from '../clock.ts';
import type { Status } from '../control/questions.ts';
import { statusText } from '../status-text.ts';
import { askStore } from './ask-store.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** `audit-relay status`: 1 when the sums of the store do not add up. */
export async function status(dataDir: string, options: { readonly json: boolean }): Promise<ExitCode> {
  const answer = (await askStore(dataDir, '/status')) as Status;
  process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : statusText(answer, systemClock.now()));
  return answer.store.unaccounted === 0 ? exitCodes.done : exitCodes.wrong;
}
