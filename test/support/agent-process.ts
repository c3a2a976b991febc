import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const program = new URL('../../bin/audit-relay.js', import.meta.url).pathname;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts the command line as a user does. */
export function start(
  args: readonly string[],
  { cwd, input, env }: { cwd?: string; input?: string; env?: NodeJS.ProcessEnv } = {},
): Running {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined).end(input ?? '');
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}

export const command = (args: readonly string[], options: Parameters<typeof start>[1] = {}): Promise<Ended> =>
  start(args, options).ended;

/** Writes a configuration into the folder and gives back its path; values are JSON, which YAML understands. */
export function configure(
  folder: string,
  config: { readonly sources: object; readonly destinations: object; readonly [key: string]: unknown },
): string {
  const path = join(folder, 'audit-relay.yaml');
  const whole = { data_dir: './store', spool: { size: '64MiB' }, ...config };
  writeFileSync(path, JSON.stringify(whole, null, 2));
  return path;
}
