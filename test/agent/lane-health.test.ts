import { expect, test } from '@jest/globals';
import { LaneHealth } from '../../agent/lane-health.ts';
import { OwnEvents } from '../../agent/sources/own.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryLog } from '../support/memory-log.ts';

function given() {
  const clock = new FakeClock();
  const log = new MemoryLog();
  return { clock, log, health: new LaneHealth('soc', clock, log, new OwnEvents(clock, () => 1)) };
}

test('a lane that fails for a moment again and again says so once a minute', async () => {
  const { clock, log, health } = given();
  for (let i = 0; i < 600; i++) {
    health.waiting('failing', '429', 50);
    await clock.advance(100);
    health.working(1);
    await clock.advance(100);
  }
  expect(log.messages()).toEqual(['lane is failing', 'lane works again', 'lane is failing', 'lane works again']);
});

test('one that goes on failing says so, however lately it said it before', async () => {
  const { clock, log, health } = given();
  health.waiting('failing', '429', 50);
  health.working(1);
  for (let i = 0; i < 20; i++) {
    health.waiting('failing', 'ECONNREFUSED', 1_000);
    await clock.advance(1_000);
  }
  health.working(1);
  expect(log.lines.slice(2)).toMatchObject([
    { message: 'lane is failing', fields: { reason: 'ECONNREFUSED' } },
    { message: 'lane works again', fields: { failingForMs: 20_000 } },
  ]);
});

test('a failing lane that is paused has one end, not two', () => {
  const { log, health } = given();
  health.waiting('failing', 'ECONNREFUSED', 50);
  health.waiting('paused', '401', 50);
  health.working(1);
  expect(log.messages()).toEqual(['lane is failing', 'lane is paused: somebody has to act', 'lane resumed']);
});
