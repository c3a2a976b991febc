import { systemClock } from '../clock.ts';
import { formatIssue } from '../../config/issues.ts';
import { checkedConfig } from '../configuration.ts';
import { createLog } from '../log.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** `audit-relay validate`: builds the configuration as `run` does, and says all that is wrong with it. */
export async function validate(path: string): Promise<ExitCode> {
  const { config, warnings } = await checkedConfig(path, process.env, systemClock, createLog('error'));
  for (const warning of warnings) process.stderr.write(`warning: ${formatIssue(warning)}\n`);
  const names = (group: object): string => Object.keys(group).join(', ');
  process.stdout.write(
    `${path} is valid: sources ${names(config.sources)}; destinations ${names(config.destinations)}\n`,
  );
  return exitCodes.done;
}
