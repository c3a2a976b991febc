import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import type { Forwarder } from '../../forwarders/forwarder.ts';
import { batch, hostileTexts, plainBatch } from '../support/batches.ts';
import { idOf } from '../support/blocks.ts';
import { certificate } from '../support/certificate.ts';
import { outcomesOf } from '../support/describe-forwarder.ts';
import { eventually } from '../support/fake-clock.ts';
import { openSyslog } from '../support/open-syslog.ts';
import {
  startRsyslogd,
  testWithRsyslogd,
  testWithRsyslogdTls,
  type Rsyslogd,
  type ServerTls,
} from '../support/rsyslogd.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FIRST = 1_000;

/** Sends one event until it is in the file: rsyslogd takes a moment to listen. */
const listening = (forwarder: Forwarder, server: Rsyslogd): Promise<void> =>
  eventually(async () => {
    await outcomesOf(forwarder, plainBatch(1, FIRST));
    return server.lines().length > 0;
  }, 'rsyslogd to listen');

/** What it wrote of a batch of hostile texts: one message each, in their order, with the fields in their places. */
async function expectHostileTexts(server: Rsyslogd): Promise<void> {
  const got = (): readonly string[] => server.lines().filter((line) => !line.includes(`event ${FIRST}"`));
  await eventually(() => got().length >= hostileTexts.length, 'all messages');
  expect(got()).toHaveLength(hostileTexts.length);
  got().forEach((line, i) => {
    const [msgid, facility, severity, data, ...rest] = line.split('|');
    expect([msgid, facility, severity]).toEqual(['user-sign-in', '13', '6']);
    expect(data).toContain(`[audit@32473 id="${idOf(1 + i)}" code="1001" dataset="keepit.audit" outcome="success"`);
    expect(JSON.parse(rest.join('|'))).toMatchObject({ message: hostileTexts[i] });
  });
}

describe('a real rsyslogd takes a batch apart into the same messages and fields', () => {
  testWithRsyslogd().each(['octet-counting', 'lf'] as const)('over TCP with %s', async (framing) => {
    await using server = await startRsyslogd('imtcp');
    await using forwarder = await openSyslog(`tcp://127.0.0.1:${server.port}`, { max_length: 60_000, framing });
    await listening(forwarder, server);
    await outcomesOf(forwarder, batch(hostileTexts));
    await expectHostileTexts(server);
  });

  testWithRsyslogd()('over UDP', async () => {
    await using server = await startRsyslogd('imudp');
    await using forwarder = await openSyslog(`udp://127.0.0.1:${server.port}`, { max_length: 60_000 });
    await listening(forwarder, server);
    await outcomesOf(forwarder, batch(hostileTexts));
    await expectHostileTexts(server);
  });

  testWithRsyslogdTls()(
    'over TLS, and without a certificate of ours it takes nothing and the lane is told why',
    async () => {
      using folder = temporaryFolder();
      const tls: ServerTls = {
        ca: join(folder.path, 'cert'),
        cert: join(folder.path, 'cert'),
        key: join(folder.path, 'key'),
      };
      const { private: key, cert } = await certificate('localhost');
      writeFileSync(tls.cert, cert);
      writeFileSync(tls.key, key);
      await using server = await startRsyslogd('imtcp', tls);
      const address = `tls://localhost:${server.port}`;
      await using forwarder = await openSyslog(address, { max_length: 60_000, tls });
      await listening(forwarder, server);
      await outcomesOf(forwarder, batch(hostileTexts));
      await expectHostileTexts(server);
      await using stranger = await openSyslog(address, { tls: { ca: tls.ca } });
      const outcomes = await outcomesOf(stranger, plainBatch(2, 2_000));
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({
          kind: expect.stringMatching(/paused|ambiguous/),
          reason: expect.stringMatching(/certificate required|set tls.cert/),
        });
      expect(server.lines().some((line) => line.includes('event 2000'))).toBe(false);
    },
  );
});
