import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measured {
  readonly exitCode: number | null;
  readonly seconds: number;
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  /** Peak proportional set size (memory that is its own), MB. */
  readonly peakMb: number;
  readonly stderr: string;
}

const SAMPLE_MS = 25;
const TICKS_PER_SECOND = 100;

/** Runs a command to its end and measures the process from outside, through /proc (Linux). */
export async function measure(command: string, args: readonly string[]): Promise<Measured> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const pid = child.pid!;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let cpuSeconds = 0;
  let peakMb = 0;
  const sample = (): void => {
    cpuSeconds = Math.max(cpuSeconds, cpuOf(pid));
    peakMb = Math.max(peakMb, pssOf(pid));
  };
  const timer = setInterval(sample, SAMPLE_MS);
  const exitCode = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  return { exitCode, seconds: (performance.now() - started) / 1000, cpuSeconds, peakMb, stderr };
}

function cpuOf(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

const pssOf = (pid: number): number =>
  Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has just ended
  }
}
