import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { frame } from '../../forwarders/framing.ts';
import { headerWriter } from '../../forwarders/rfc5424.ts';
import { syslogMessage } from '../../forwarders/syslog-message.ts';
import { documentWriter } from '../../mappings/document.ts';
import { batch, hostileTexts, plainBatch } from '../support/batches.ts';
import { idOf } from '../support/blocks.ts';
import { parseSyslog } from '../support/parse-syslog.ts';
import { sender } from '../support/syslog-sender.ts';

describe('a message that is too long', () => {
  const fields = {
    event: { id: idOf(1), original: 'o'.repeat(400), action: 'user-sign-in' },
    keepit: { audit: { metadata: { a: 'm'.repeat(400) }, extra: { b: 'e'.repeat(400) }, area: 'user' } },
    user_agent: { original: 'u'.repeat(400) },
    message: 'é😀'.repeat(200),
  };
  const events = plainBatch(1);
  const header = headerWriter(sender);
  const cut = (maxLength: number, bom = false): Buffer | string =>
    syslogMessage(events, 0, { header, maxLength, bom, document: (out) => out.text(JSON.stringify(fields)) });
  const parsed = (message: Buffer | string): Record<string, unknown> =>
    JSON.parse(parseSyslog(message as Buffer).message.replace('\ufeff', '')) as Record<string, unknown>;

  test('loses fields in a fixed order, and its text last and only as much of it as it must', () => {
    const { keepit, user_agent, message } = fields;
    const event = { id: fields.event.id, action: fields.event.action };
    const { metadata, extra, area } = keepit.audit;
    const whole = (cut(65_536) as Buffer).length;
    const marked = ' truncated="true"'.length;
    const got = [0, 1, 420, 840, 1_260].map((less) => parsed(cut(whole - less + (less > 1 ? marked : 0))));
    expect(got).toEqual([
      fields,
      { event, keepit, user_agent, message },
      { event, keepit: { audit: { extra, area } }, user_agent, message },
      { event, keepit: { audit: { area } }, user_agent, message },
      { event, keepit: { audit: { area } }, message },
    ]);
    expect(metadata).toBeDefined();
  });

  test('always fits, is whole JSON with the start of its text, and says so; or is rejected with both sizes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 480, max: 6_000 }), fc.boolean(), (maxLength, bom) => {
        const message = cut(maxLength, bom);
        if (typeof message === 'string')
          return expect(message).toMatch(new RegExp(`octets and does not fit ${maxLength},`));
        expect(message.length).toBeLessThanOrEqual(maxLength);
        const document = parsed(message);
        expect(fields.message.startsWith(document['message'] as string)).toBe(true);
        expect((document['message'] as string).isWellFormed()).toBe(true);
        const isWhole = JSON.stringify(document) === JSON.stringify(fields);
        expect(parseSyslog(message).elements['audit@32473']!['truncated']).toBe(isWhole ? undefined : 'true');
        // One character more of the text would not have fitted: at most twelve octets as an escaped pair.
        if (document['message'] !== fields.message) expect(message.length).toBeGreaterThan(maxLength - 12);
      }),
    );
  });
});

test('with line feeds, messages are told apart whatever they say', async () => {
  const built = hostileTexts.map((_, i) => {
    const document = documentWriter({ original: true, tags: [] });
    const header = headerWriter(sender);
    return syslogMessage(
      batch(hostileTexts, 1, ({ message }) => ({ user: message })),
      i,
      {
        header,
        document,
        maxLength: 60_000,
        bom: i % 2 === 0,
      },
    ) as Buffer;
  });
  const lines = frame(built, 'lf').toString('latin1').split('\n');
  expect(lines.slice(0, -1)).toEqual(built.map((message) => message.toString('latin1')));
});
