import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Counts } from './elasticsearch-server.ts';

export interface ElasticsearchProcess extends AsyncDisposable {
  readonly url: string;
  counts(): Promise<Counts>;
  /** `stream id` of each document stored, in the order of arrival. */
  ids(): Promise<string[]>;
  documents(): Promise<string[]>;
}

/** The test server in a process of its own, so that it costs the one that is measured or killed nothing. */
export async function spawnElasticsearch(
  faults: Readonly<Record<string, number | string>> = {},
): Promise<ElasticsearchProcess> {
  const program = new URL('./elasticsearch-server.ts', import.meta.url).pathname;
  const flags = Object.entries(faults).flatMap(([name, value]) =>
    value === '' ? [`--${name}`] : [`--${name}`, String(value)],
  );
  const child = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  const text = async (path: string): Promise<string> => (await fetch(`${url}/_audit/${path}`)).text();
  const lines = async (path: string): Promise<string[]> => (await text(path)).split('\n').slice(0, -1);
  return {
    url,
    counts: async () => JSON.parse(await text('counts')) as Counts,
    ids: () => lines('ids'),
    documents: () => lines('documents'),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
