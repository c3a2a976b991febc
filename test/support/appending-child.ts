import { spawn } from 'node:child_process';

/** How a child ended that ran `append-forever.ts`. */
export interface Ended {
  /** The last sequence number it said was stored; 0: none. */
  readonly said: number;
  readonly opened: boolean;
  readonly code: number | null;
  readonly stderr: string;
}

/**
 * Appends to the store in `dataDir` from another process, until `afterLines` sequence numbers were said and it is killed by
 * SIGKILL, or it ends by itself. `wrapper` is a command to run it under, such as strace.
 */
export async function appendingChild(
  dataDir: string,
  afterLines: number,
  wrapper: readonly string[] = [],
): Promise<Ended> {
  const child = spawn('env', [...wrapper, process.execPath, 'test/support/append-forever.ts', dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let opened = false;
  let said = 0;
  let lines = 0;
  let half = '';
  for await (const text of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    const parts = (half + text).split('\n');
    half = parts.pop()!;
    for (const line of parts) {
      if (line === 'opened') opened = true;
      else {
        said = Number(line);
        lines++;
      }
    }
    if (lines >= afterLines) child.kill('SIGKILL');
  }
  return { said, opened, code: await ended, stderr };
}
