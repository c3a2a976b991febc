import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { headerWriter } from '../../forwarders/rfc5424.ts';
import { parseHead } from '../../mappings/events.ts';
import { slice } from '../../mappings/slices.ts';
import { plainBatch } from '../support/batches.ts';
import { idOf } from '../support/blocks.ts';
import { parseSyslog } from '../support/parse-syslog.ts';
import { sender } from '../support/syslog-sender.ts';

describe('a syslog message', () => {
  const head = parseHead(slice(plainBatch(1).heads, 0));

  test('has the event’s own time, severity and action, and its id in structured data', () => {
    const message = parseSyslog(
      Buffer.from(`${headerWriter(sender)({ ...head, severity: 4, target: 'joe' }, 7, false)}{}`),
    );
    expect(message).toMatchObject({
      priority: 13 * 8 + 4,
      time: head.time,
      hostname: 'relay.example',
      appName: 'keepit-audit',
      procId: '42',
      msgId: 'user-sign-in',
      message: '{}',
    });
    expect(message.elements).toEqual({
      meta: { sequenceId: '7' },
      origin: { software: 'audit-relay', swVersion: '0.1.0' },
      'audit@32473': {
        id: idOf(1),
        code: '1001',
        dataset: 'keepit.audit',
        outcome: 'success',
        user: 'jane@example.com',
        src: '203.0.113.7',
        target: 'joe',
        organization: 'aaaaaa-bbbbbb-cccccc',
      },
    });
  });

  test('parses back equal whatever its values hold, and never has a control character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 1 }),
        (user, target, sequence) => {
          const bytes = Buffer.from(`${headerWriter(sender)({ ...head, user, target }, sequence, true)}{}`);
          expect([...bytes].every((byte) => byte >= 0x20 && byte !== 0x7f)).toBe(true);
          const { elements } = parseSyslog(bytes);
          const clean = (text: string): string => text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
          expect(elements['audit@32473']).toMatchObject({
            user: clean(user),
            target: clean(target),
            truncated: 'true',
          });
          const id = Number(elements['meta']!['sequenceId']);
          expect(id >= 1 && id <= 2_147_483_647).toBe(true);
        },
      ),
    );
  });

  test('names are printable ASCII of the lengths of the standard', () => {
    const odd = { ...sender, hostname: 'höst name', appName: 'x'.repeat(60), procId: '' };
    expect(parseSyslog(Buffer.from(`${headerWriter(odd)(head, 1, false)}{}`))).toMatchObject({
      hostname: 'h_st_name',
      appName: 'x'.repeat(48),
      procId: '-',
    });
  });
});
