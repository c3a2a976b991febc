import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ask, BadQuestion, serveControl } from '../../../agent/control/socket.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const status = { path: '/status', parameters: {} };

test('a question reaches the agent with its parameters, and only the owner can ask', async () => {
  using folder = temporaryFolder();
  await using _serving = await serveControl(folder.path, async (question) => question);
  const question = { path: '/dead-letters', parameters: { lane: 'soc & co', after: '7' } };
  expect(await ask(folder.path, question)).toEqual(question);
  expect(statSync(join(folder.path, 'control.sock')).mode & 0o777).toBe(0o600);
});

test('the agent’s refusal comes back in its own words', async () => {
  using folder = temporaryFolder();
  await using _serving = await serveControl(folder.path, async () => {
    throw new BadQuestion('no lane named soc; the lanes are: splunk');
  });
  await expect(ask(folder.path, status)).rejects.toThrow('no lane named soc; the lanes are: splunk');
});

test('no agent: nobody answers, also when a killed one left its socket behind', async () => {
  using folder = temporaryFolder();
  expect(await ask(folder.path, status)).toBeNull();
  {
    await using _serving = await serveControl(folder.path, async () => 'first');
  }
  expect(await ask(folder.path, status)).toBeNull();
  writeFileSync(join(folder.path, 'control.sock'), '');
  expect(await ask(folder.path, status)).toBeNull();
  await using _serving = await serveControl(folder.path, async () => 'second');
  expect(await ask(folder.path, status)).toBe('second');
});

test('a data directory with a path too long for a socket works all the same', async () => {
  using folder = temporaryFolder();
  const deep = join(folder.path, 'd'.repeat(120));
  mkdirSync(deep);
  {
    await using _serving = await serveControl(deep, async () => 'here');
    expect(existsSync(join(deep, 'control.sock'))).toBe(false);
    expect(await ask(deep, status)).toBe('here');
  }
  expect(await ask(deep, status)).toBeNull();
});

test('a folder for the socket that is open to others is refused', async () => {
  using folder = temporaryFolder();
  const deep = join(folder.path, 'd'.repeat(120));
  mkdirSync(deep);
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = folder.path;
  try {
    {
      await using _serving = await serveControl(deep, async () => 'here');
    }
    const [made] = (await import('node:fs')).readdirSync(folder.path).filter((name) => name.startsWith('audit-relay-'));
    chmodSync(join(folder.path, made!), 0o777);
    await expect(serveControl(deep, async () => 'here')).rejects.toThrow('open to others');
  } finally {
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = before;
  }
});
