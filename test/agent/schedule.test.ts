import { expect, test } from '@jest/globals';
import { onSchedule } from '../../agent/schedule.ts';
import { eventually, FakeClock } from '../support/fake-clock.ts';

test('a job runs in each minute that its expression names, and in no other', async () => {
  const clock = new FakeClock(new Date(2026, 0, 1, 3, 0).getTime());
  const stop = new AbortController();
  const ran: string[] = [];
  const running = onSchedule(
    '17,18 3 * * *',
    async () => void ran.push(new Date(clock.now()).toTimeString().slice(0, 5)),
    clock,
    stop.signal,
  );
  for (let minute = 0; minute < 60; minute++) {
    await eventually(() => clock.sleeping === 1, 'the wait for the next minute');
    await clock.advance(60_000);
  }
  stop.abort(new Error('stopping'));
  await expect(running).rejects.toThrow('stopping');
  expect(ran).toEqual(['03:17', '03:18']);
});
