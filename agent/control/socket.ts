import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from 'node:crypto';

/** A Unix socket's path may have so many bytes (sun_path less its end). */
const SOCKET_PATH_BYTES_MAX = 107;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** What can be asked of an agent: a path like `/status` and parameters; the answer is JSON. */
export interface Question {
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export type Answer = (question: Question) => Promise<unknown>;

/** A question that cannot be answered, with what to do instead. */
export class BadQuestion extends Error {}

/** Serves questions on the data directory's socket (mode 0600) until it is disposed. */
export async function serveControl(dataDir: string, answer: Answer): Promise<AsyncDisposable> {
  const path = makeSocketPath(dataDir);
  rmSync(path, { force: true }); // the store is held by us, so whoever left it is gone
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://agent');
    const question = { path: url.pathname, parameters: Object.fromEntries(url.searchParams) };
    void answer(question).then(
      (result) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result)),
      (error: unknown) => {
        const message = Error.isError(error) ? error.message : String(error);
        response.writeHead(error instanceof BadQuestion ? 400 : 500).end(JSON.stringify({ error: message }));
      },
    );
  });
  await listen(server, path);
  chmodSync(path, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(path, { force: true });
    },
  };
}

/** Asks the agent that runs on this data directory; `null` when none does. Throws `BadQuestion` with the agent's own words. */
export async function ask(dataDir: string, question: Question): Promise<unknown> {
  const socketPath = findSocketPath(dataDir);
  if (socketPath === null) return null;
  const path = `${question.path}?${new URLSearchParams(question.parameters).toString()}`;
  const response = await new Promise<IncomingMessage | null>((resolve, reject) => {
    request({ socketPath, path, timeout: REQUEST_TIMEOUT_MS, agent: false }, resolve)
      .on('timeout', () => reject(new Error(`the agent on ${dataDir} did not answer within ${REQUEST_TIMEOUT_MS} ms`)))
      .on('error', (error: NodeJS.ErrnoException) => {
        // A socket file without a listener is what a killed agent leaves behind.
        if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(null);
        else reject(error);
      })
      .end();
  });
  if (!response) return null;
  const body = JSON.parse(await text(response)) as { readonly error?: string };
  if (response.statusCode === 200) return body;
  throw new BadQuestion(body.error ?? `the agent answered with status ${response.statusCode}`);
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`the agent's answer is larger than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });

const besideStore = (dataDir: string): string => join(dataDir, 'control.sock');
/** Says where the socket is when the data directory's own path is too long for one. */
const pointer = (dataDir: string): string => join(dataDir, 'control.path');

function makeSocketPath(dataDir: string): string {
  const path = besideStore(dataDir);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) {
    rmSync(pointer(dataDir), { force: true });
    return path;
  }
  const folder = join(
    process.env['XDG_RUNTIME_DIR'] ?? tmpdir(),
    `audit-relay-${hash('sha256', dataDir).slice(0, 16)}`,
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new Error(`${folder} belongs to somebody else or is open to others: remove it, or use a shorter data_dir`);
  }
  const elsewhere = join(folder, 'control.sock');
  writeFileSync(pointer(dataDir), elsewhere, { mode: 0o600 });
  return elsewhere;
}

function findSocketPath(dataDir: string): string | null {
  if (existsSync(pointer(dataDir))) return readFileSync(pointer(dataDir), 'utf8');
  const path = besideStore(dataDir);
  return Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX && existsSync(path) ? path : null;
}
