import { dirname, relative } from 'node:path';
import type { Clock } from '../../forwarders/clock.ts';
import type { Log } from '../../forwarders/forwarder.ts';
import { systemClock } from '../clock.ts';
import { ask } from '../control/socket.ts';
import type { Status } from '../control/questions.ts';
import { DemoView } from '../demo-view.ts';
import { linkedAbort } from '../linked-abort.ts';
import { createLog, type LogLevel } from '../log.ts';
import { runAgent, type AgentParts, type Summary } from '../main.ts';
import { checkedConfig } from '../configuration.ts';
import type { Config } from '../options.ts';
import { StorageFailed } from '../store/errors.ts';
import { version } from '../version.ts';
import { demoConfig } from './demo.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

export interface RunOptions {
  readonly config: string;
  readonly demo: boolean;
  readonly once: boolean;
  readonly giveUpAfterMs: number;
  readonly logLevel: LogLevel;
}

/** `audit-relay run`: the agent, until SIGTERM or SIGINT. */
export async function run(options: RunOptions): Promise<ExitCode> {
  const log = createLog(options.demo ? 'warn' : options.logLevel);
  const path = options.demo ? demoConfig() : options.config;
  const { config, warnings } = await checkedConfig(path, process.env, systemClock, log);
  for (const warning of warnings)
    log.warn(warning.message, { file: warning.file, line: warning.line, path: warning.path });
  const running = (await ask(config.data_dir, { path: '/status', parameters: {} })) as Status | null;
  if (running?.running) {
    throw new Error(
      `an agent with pid ${running.running.pid} runs on ${config.data_dir}: stop it first, or give this one a data_dir of its own`,
    );
  }
  using stop = stopSignal(log);
  const agent: AgentParts = { clock: systemClock, log, ...options, onStored: () => undefined };
  try {
    const summary = options.demo
      ? await showDemo(config, agent, stop.signal)
      : await runAgent(config, agent, stop.signal);
    return options.once ? verdict(summary, log) : exitCodes.done;
  } catch (error) {
    // Stopped before the store was open.
    if (stop.signal.aborted && error === stop.signal.reason) return options.once ? exitCodes.wrong : exitCodes.done;
    if (!(error instanceof StorageFailed)) throw error;
    log.error('the store failed; a restart recovers what was accepted', { reason: error.message });
    return exitCodes.storage;
  }
}

function verdict({ readWhole, pending, setAside, lost }: Summary, log: Log): ExitCode {
  if (lost > 0) log.error('events in the store were lost to damage; each loss is an event of its own', { lost });
  if (setAside > 0) log.error('events were set aside; see audit-relay dead-letters list LANE', { setAside });
  if (pending > 0) log.error('events wait for the next start', { pending });
  return readWhole && pending === 0 && setAside === 0 && lost === 0 ? exitCodes.done : exitCodes.wrong;
}

interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once. Everything stored is safe either way. */
function stopSignal(log: Log): StopSignal {
  const stop = linkedAbort();
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(exitCodes.wrong);
    log.info('stopping', { signal: name });
    stop.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
      stop[Symbol.dispose]();
    },
  };
}

const COUNTERS_EVERY_MS = 500;

async function showDemo(config: Config, agent: AgentParts, signal: AbortSignal): Promise<Summary> {
  const folder = relative(process.cwd(), dirname(config.data_dir));
  const { stdout } = process;
  const view = new DemoView({
    isTTY: stdout.isTTY,
    get columns() {
      return stdout.isTTY ? stdout.columns : undefined;
    },
    write: (text) => stdout.write(text),
  });
  view.introduce(version(), folder);
  using ended = linkedAbort(signal);
  const counting = count(config.data_dir, view, agent.clock, ended.signal);
  const summary = await runAgent(config, { ...agent, onStored: (events) => view.events(events) }, signal);
  ended.abort();
  await counting;
  view.close(folder);
  return summary;
}

/** Asks as `audit-relay status` does, so that the demo shows nothing that an operator could not see. */
async function count(dataDir: string, view: DemoView, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const status = (await ask(dataDir, { path: '/status', parameters: {} }).catch(() => null)) as Status | null;
    if (status) view.counters(status, clock.now());
    await clock.sleep(COUNTERS_EVERY_MS, signal).catch(() => undefined);
  }
}
