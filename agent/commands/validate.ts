import { loadConfig } from '../options.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** `audit-relay validate`: builds the configuration as `run` does, and says all that is wrong with it. */
export async function validate(path: string): Promise<ExitCode> {
  const { config, warnings } = loadConfig(path, process.env);
  for (const warning of warnings) process.stderr.write(`warning: ${warning.toString()}\n`);
  const names = (group: object): string => Object.keys(group).join(', ');
  process.stdout.write(
    `${path} is valid: sources ${names(config.sources)}; destinations ${names(config.destinations)}\n`,
  );
  return exitCodes.done;
}
