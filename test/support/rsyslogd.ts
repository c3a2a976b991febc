import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { testWithPackages } from './debian-packages.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PROGRAM = '/usr/sbin/rsyslogd';
const GTLS = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/rsyslog/lmnsd_gtls.so`;

/** PEM files: its certificate, its key, and whom it trusts. It asks for a certificate that they vouch for. */
export interface ServerTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Rsyslogd extends AsyncDisposable {
  readonly port: number;
  /** One line a message: msgid|facility|severity|structured data|msg. */
  lines(): readonly string[];
}

export const testWithRsyslogd = (): ReturnType<typeof testWithPackages> => testWithPackages([PROGRAM], ['rsyslog']);

export const testWithRsyslogdTls = (): ReturnType<typeof testWithPackages> =>
  testWithPackages([PROGRAM, GTLS], ['rsyslog', 'rsyslog-gnutls']);

/** A real rsyslogd on loopback, with a configuration, a work folder and a pid file of its own. */
export async function startRsyslogd(input: 'imtcp' | 'imudp', tls?: ServerTls): Promise<Rsyslogd> {
  const folder = temporaryFolder();
  const port = await freePort();
  const file = (name: string): string => join(folder.path, name);
  mkdirSync(file('work'));
  const driver = tls
    ? [
        'gtls',
        `defaultNetstreamDriverCAFile="${tls.ca}"`,
        `defaultNetstreamDriverCertFile="${tls.cert}"`,
        `defaultNetstreamDriverKeyFile="${tls.key}"`,
      ]
    : ['ptcp'];
  const mode = tls ? ' streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid"' : '';
  writeFileSync(
    file('rsyslog.conf'),
    `global(workDirectory="${file('work')}" maxMessageSize="64k" defaultNetstreamDriver=${driver.map((part, i) => (i === 0 ? `"${part}"` : part)).join(' ')})
module(load="${input}"${mode})
template(name="parts" type="list") {
  property(name="msgid") constant(value="|") property(name="syslogfacility") constant(value="|") property(name="syslogseverity")
  constant(value="|") property(name="structured-data") constant(value="|") property(name="msg") constant(value="\\n") }
input(type="${input}" port="${port}" address="127.0.0.1")
action(type="omfile" file="${file('out.log')}" template="parts")
`,
  );
  const child = spawn(PROGRAM, ['-n', '-f', file('rsyslog.conf'), '-i', file('pid')], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  return {
    port,
    lines: () => (existsSync(file('out.log')) ? readFileSync(file('out.log'), 'utf8').split('\n').slice(0, -1) : []),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      folder[Symbol.dispose]();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
