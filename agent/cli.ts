import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCodes, type ExitCode } from './commands/exit-codes.ts';
import { version } from './version.ts';

const DEFAULT_CONFIG = './audit-relay.yaml';
/** By name, so that their files need not be loaded for them. */
const USAGE_ERRORS = new Set(['ConfigError', 'PackError', 'BadQuestion', 'StoreUnusable']);

/**
 * The command line. What a command prints is its result, on standard output; everything else goes to standard error.
 * Libraries are loaded by the command that needs them, so that `--help` is quick.
 */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  // Whoever reads has enough (`| head`): that ends the command, and is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.done);
  });
  let code: ExitCode = exitCodes.done;
  const program = commands((ended) => (code = ended));
  try {
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    process.stderr.write(`${Error.isError(error) ? error.message : String(error)}\n`);
    return Error.isError(error) && USAGE_ERRORS.has(error.name) ? exitCodes.usage : exitCodes.wrong;
  }
}

function commands(ended: (code: ExitCode) => void): Command {
  const program = new Command('audit-relay')
    .description('Delivers the audit events of a backup platform to SIEMs: stored first, never lost.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(add --help for the options)');

  program
    .command('run')
    .description('run the agent')
    .addOption(configOption())
    .option('--demo', 'run on a made-up platform, without any configuration', false)
    .option(
      '--once',
      'read what is there now, deliver it, and exit: 0, or 1 when something was set aside or left',
      false,
    )
    .option('--give-up-after <duration>', 'with --once: how long nothing may move (30s, 5m)', parseDuration, 300_000)
    .addOption(
      new Option('--log-level <level>', 'what the log says').choices(['error', 'warn', 'info']).default('info'),
    )
    .action(async ({ giveUpAfter, ...options }: RunFlags) => {
      const { run } = await import('./commands/run.ts');
      ended(await run({ ...options, giveUpAfterMs: giveUpAfter }));
    });

  program
    .command('validate')
    .description('check a configuration, offline: every error at once, with its place')
    .addOption(configOption())
    .action(async ({ config }: { config: string }) => {
      const { validate } = await import('./commands/validate.ts');
      ended(await validate(config));
    });

  program
    .command('map')
    .description('print what records become: NDJSON or CSV on standard input, one ECS event a line on standard output')
    .option('--mapping <pack>', 'a pack by name, or the path of one', 'keepit')
    .addOption(new Option('--format <format>', 'of the input').choices(['ndjson', 'csv']).default('ndjson'))
    .option('--test', "run the pack's own examples instead and print the differences", false)
    .action(async (options: MapFlags) => {
      const { map, testPack } = await import('./commands/map.ts');
      ended(options.test ? await testPack(options.mapping) : await map(options));
    });

  storeCommand(program.command('status'))
    .description('lanes, backlog and counters, of a running agent or of its store')
    .option('--json', 'one JSON object', false)
    .action(async (options: StoreFlags & { json: boolean }) => {
      const { status } = await import('./commands/status.ts');
      ended(await status(await dataDir(options), options));
    });

  const deadLetters = program.command('dead-letters').description('events that a destination will never take');
  storeCommand(deadLetters.command('list <lane>'))
    .description('oldest first')
    .option('--json', 'one whole letter a line: the event, the record, the reason', false)
    .action(async (lane: string, options: StoreFlags & { json: boolean }) => {
      const { list } = await import('./commands/dead-letters.ts');
      ended(await list(await dataDir(options), lane, options));
    });
  storeCommand(deadLetters.command('show <lane> <sequence>'))
    .description('one letter, whole')
    .action(async (lane: string, sequence: string, options: StoreFlags) => {
      const { show } = await import('./commands/dead-letters.ts');
      ended(await show(await dataDir(options), lane, Number(sequence)));
    });
  storeCommand(deadLetters.command('purge <lane> [sequences...]'))
    .description('forget letters for good, those named or all; they are counted as purged')
    .action(async (lane: string, sequences: string[], options: StoreFlags) => {
      const { purge } = await import('./commands/dead-letters.ts');
      ended(await purge(await dataDir(options), lane, sequences));
    });

  storeCommand(program.command('purge-lane <lane>'))
    .description('give up the backlog of a destination that was taken out of the configuration')
    .action(async (lane: string, options: StoreFlags) => {
      const { purgeLane } = await import('./commands/dead-letters.ts');
      ended(await purgeLane(await dataDir(options), lane));
    });

  return program;
}

interface RunFlags {
  readonly config: string;
  readonly demo: boolean;
  readonly once: boolean;
  readonly giveUpAfter: number;
  readonly logLevel: 'error' | 'warn' | 'info';
}

interface MapFlags {
  readonly mapping: string;
  readonly format: 'ndjson' | 'csv';
  readonly test: boolean;
}

interface StoreFlags {
  readonly config: string;
  readonly dataDir?: string;
}

const configOption = (): Option =>
  new Option('-c, --config <path>', 'a YAML file, or a folder of them').default(DEFAULT_CONFIG);

const storeCommand = (command: Command): Command =>
  command.addOption(configOption()).option('--data-dir <path>', "the agent's data directory, instead of --config");

async function dataDir(flags: StoreFlags): Promise<string> {
  if (flags.dataDir !== undefined) return flags.dataDir;
  const { dataDirOf } = await import('./options.ts');
  return dataDirOf(flags.config, process.env);
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('expected a number and a unit: 500ms, 30s, 5m, 1h');
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}
