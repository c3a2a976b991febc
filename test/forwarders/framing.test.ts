import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { frame } from '../../forwarders/framing.ts';
import { FrameReader } from '../support/syslog-server.ts';

test('frames come back as the messages they were, wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (messages, cuts) => {
        const sent = messages.filter((message) => message.length > 0).map((message) => Buffer.from(message));
        const stream = frame(sent, 'octet-counting');
        const reader = new FrameReader();
        const got: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++)
          got.push(...reader.push(stream.subarray(at, (at += cuts[i % cuts.length]!))));
        expect(got).toEqual(sent);
      },
    ),
  );
});
