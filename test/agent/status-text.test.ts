import { expect, test } from '@jest/globals';
import type { Status } from '../../agent/control/questions.ts';
import { statusText } from '../../agent/status-text.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const consumer = {
  open: true,
  start: 0,
  cursor: 90,
  acknowledged: 88,
  duplicates: 1,
  filtered: 1,
  expired: 0,
  rejected: 1,
  purged: 0,
  lost: 0,
  pending: 10,
  oldestPendingAt: now - 90_000,
  deadLetters: 1,
};
const status: Status = {
  running: {
    version: '0.1.0',
    pid: 42,
    startedAt: now - 3_600_000,
    lanes: {
      soc: { state: 'paused', reason: '401 security_exception\x1b[2J', since: now, waitMs: 5, lastDeliveredAt: null },
    },
    unrecognised: { exported: { 'moved # items': 3 } },
  },
  store: {
    epoch: 1,
    last: 100,
    cleanStop: true,
    spool: { sizeBytes: 64 * 1024 * 1024, usedBytes: 1024 * 1024, blocks: 2, first: 91 },
    sources: [{ name: 'exported', checkpoint: null, events: 100, gaps: 2, storedAt: now - 1_000 }],
    consumers: [
      { ...consumer, name: 'lane:soc' },
      { ...consumer, name: 'lane:old', open: false },
    ],
    unaccounted: 0,
  },
};

test('says how the agent, its sources and its lanes are, and what to do about a lane that was removed', () => {
  expect(statusText(status, now)).toBe(`agent 0.1.0 runs (pid 42) for 1h
stored 100 events; 10 kept in the spool, 1.0 MiB of 64.0 MiB; unaccounted 0

SOURCE    EVENTS  GAPS  LAST STORED
exported  100     2     1s ago

LANE  STATE    DELIVERED  WAITING  OLDEST  FILTERED  SET ASIDE  WHY
soc   paused   88         10       1m 30s  1         1          401 security_exception\\u{1b}[2J
old   removed  88         10       1m 30s  1         1          not in the configuration; its backlog is kept until it is purged by name

What the mapping does not know, by shape; it is forwarded all the same:
SOURCE    EVENTS  SHAPE
exported  3       moved # items
`);
});

test('without an agent it says so, and a sum that is wrong stands out', () => {
  const text = statusText({ running: null, store: { ...status.store, unaccounted: 4 } }, now);
  expect(text).toContain('no agent runs on this data directory');
  expect(text).toContain('unaccounted 4  <- must be 0');
});

test('what damage took from a lane has a column of its own', () => {
  const consumers = [{ ...consumer, name: 'lane:soc', lost: 502 }];
  expect(statusText({ ...status, store: { ...status.store, consumers } }, now)).toMatch(
    /SET ASIDE +LOST +WHY\nsoc .* 1 +502 +401/,
  );
});
