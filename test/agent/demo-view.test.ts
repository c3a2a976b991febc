import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { Status } from '../../agent/control/questions.ts';
import { DemoView, type Terminal } from '../../agent/demo-view.ts';
import { demoRecord } from '../../agent/sources/demo.ts';
import { demoEvents } from '../../agent/sources/demo-events.ts';
import { createEncoder } from '../../mappings/encode.ts';
import { loadPack } from '../../mappings/pack.ts';

const now = '2026-01-01T08:00:00.000Z';
const encoder = createEncoder({
  pack: await loadPack('keepit'),
  source: { name: 'demo', id: 'demo', tags: [] },
  agent: { id: 'a', name: 'host', version: '1' },
});
for (let n = 0; n < demoEvents.length; n++) encoder.add(demoRecord(1, n, now), now);
const blocks = encoder.finish();

const lane = {
  name: 'lane:events', open: true, start: 0, cursor: 1_234_567, acknowledged: 1_234_567, duplicates: 0, filtered: 0,
  expired: 0, rejected: 0, purged: 0, lost: 0, pending: 1_000, oldestPendingAt: null, deadLetters: 12,
}; // prettier-ignore
const status: Status = {
  running: { version: '1', pid: 1, startedAt: 0, lanes: {}, unrecognised: {} },
  store: {
    epoch: 1,
    cleanStop: true,
    last: 1_235_567,
    spool: { sizeBytes: 1, usedBytes: 1, blocks: 1, first: 1 },
    sources: [],
    consumers: [lane],
    unaccounted: 0,
  },
};

/** Everything the demo shows, as lines of a terminal, also those drawn over. */
function shown(isTTY: boolean, columns: number | undefined): readonly string[] {
  let text = '';
  const terminal: Terminal = { isTTY, columns, write: (more) => void (text += more) };
  const view = new DemoView(terminal);
  view.introduce('0.1.0', 'data/demo');
  view.counters(status, 90_000);
  view.events(blocks);
  view.close('data/demo');
  return stripVTControlCharacters(text).split(/[\r\n]+/);
}

describe('on a terminal', () => {
  test.each([64, 80, 100, 120, 200])(
    'of %d columns no line is wider, so that the counters can be drawn over',
    (columns) => {
      // What is said once, at the beginning and the end, wants 80.
      const lines = shown(true, columns).filter((line) => columns >= 80 || /^(?:\d\d:| stored|TIME)/.test(line));
      expect(lines.filter((line) => Array.from(line).length >= columns)).toEqual([]);
      expect(lines.filter((line) => /^\d\d:\d\d:\d\d {2}/.test(line))).toHaveLength(demoEvents.length);
    },
  );

  test('the address is shown where it has room, and counters go from the end', () => {
    expect(shown(true, 120).find((line) => line.startsWith('TIME'))).toContain('IP ADDRESS');
    expect(shown(true, 80).find((line) => line.startsWith('TIME'))).not.toContain('IP ADDRESS');
    expect(shown(true, 120)).toContain(
      ' stored 1,235,567 · delivered 1,234,567 · waiting 1,000 · set aside 12 · unaccounted 0 · up 1m 30s ',
    );
    expect(shown(true, 80)).toContain(' stored 1,235,567 · delivered 1,234,567 · waiting 1,000 · set aside 12 ');
  });

  test('that becomes smaller is followed', () => {
    let columns = 120;
    const lines: string[] = [];
    const view = new DemoView({
      isTTY: true,
      get columns() {
        return columns;
      },
      write: (text) => void lines.push(...stripVTControlCharacters(text).split(/[\r\n]+/)),
    });
    view.events(blocks);
    columns = 80;
    lines.length = 0;
    view.events(blocks);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
  });
});

test('into a pipe go whole lines, and the counters now and then', () => {
  const lines = shown(false, undefined);
  expect(lines.filter((line) => line.startsWith(' stored'))).toHaveLength(3);
  expect(lines.find((line) => line.includes('User signed in'))).toMatch(/Succeeded {2}\d/);
});
