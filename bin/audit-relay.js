#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: the agent itself needs Node 24. A checkout brings one as a development
// dependency; what is installed from the registry runs on the Node that is there.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const sources = path('../agent/cli.ts');
const compiled = path('../dist/agent/cli.js');
const bundledNode = path('../node_modules/node/bin/node');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  const { main } = await import(existsSync(sources) ? sources : compiled);
  process.exitCode = await main(process.argv);
} else if (existsSync(bundledNode)) {
  const child = spawn(bundledNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGKILL' ? 137 : 1);
  });
} else {
  process.stderr.write(
    `audit-relay needs Node 24 or later; this is ${process.version}. In a checkout, run npm ci first.\n`,
  );
  process.exitCode = 2;
}
