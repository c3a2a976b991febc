import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { testUnless } from './test-unless.ts';

const APT_GET = '/usr/bin/apt-get';
/** Tests run side by side, and apt-get does not wait for another one that fetches its lists. */
const ONE_AT_A_TIME = ['/usr/bin/flock', '/tmp/audit-relay-tests-apt.lock', APT_GET];

/**
 * `test` for what needs programs of Debian packages: they are installed where that is possible (as root, with apt-get);
 * elsewhere it is said which command installs them.
 */
export function testWithPackages(files: readonly string[], packages: readonly string[]): ReturnType<typeof testUnless> {
  const missing = (): readonly string[] => files.filter((file) => !existsSync(file));
  if (missing().length > 0 && process.getuid?.() === 0 && existsSync(APT_GET)) install(packages);
  return testUnless(
    missing().length > 0 && `${missing().join(', ')} missing; install it with: apt-get install ${packages.join(' ')}`,
  );
}

function install(packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  const [program, ...rest] = ONE_AT_A_TIME;
  try {
    for (const command of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
      execFileSync(program!, [...rest, '-qq', ...command], { env, stdio: 'ignore' });
    }
  } catch {
    // Without a network: the caller says what is missing.
  }
}
