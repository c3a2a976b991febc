import { createEncoder } from '../mappings/encode.ts';
import { loadPack } from '../mappings/pack.ts';
import { recordHash, type AuditRecord, type Fields } from '../mappings/record.ts';
import { record } from './corpus.ts';

/** What a record costs from bytes to the event's bytes, beside parsing and writing it again alone: the least it can cost. */
const EVENTS = 50_000;
const PAGE = 500;
const ROUNDS = 6;

const lines = Array.from({ length: EVENTS }, (_, n) => JSON.stringify(record(n)));
const bytes = lines.map((line) => Buffer.from(line));
const created = '2026-01-01T00:00:00.000Z';
const pack = await loadPack('keepit');
const source = { name: 'bench', id: 'bench', tags: ['bench'] };
const agent = { id: 'bench', name: 'bench', version: '0' };

const records = lines.map((line, i): AuditRecord => {
  const text = bytes[i]!;
  return { bytes: text, fields: JSON.parse(line) as Fields, nativeId: `${i}`, hash: recordHash(text) };
});

/** Microseconds an event, the best of some rounds: the others are the machine's. */
function best(run: () => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    run();
    return ((performance.now() - started) * 1000) / EVENTS;
  });
  return Math.min(...rounds);
}

let kept = 0;
const floor = best(() => {
  for (const line of lines) kept += JSON.stringify(JSON.parse(line)).length;
});
const mapping = best(() => {
  for (let from = 0; from < EVENTS; from += PAGE) {
    const encoder = createEncoder({ pack, source, agent });
    for (const each of records.slice(from, from + PAGE)) encoder.add(each, created);
    for (const { documents } of encoder.finish()) kept += documents.bytes.length;
  }
});

console.log(`JSON.parse and JSON.stringify of the record alone   ${floor.toFixed(2)} µs an event`);
console.log(`mapping: fields to document, head and block         ${mapping.toFixed(2)} µs an event`);
console.log(
  `(${EVENTS} events, best of ${ROUNDS}; ${(kept / EVENTS / ROUNDS / 2).toFixed(0)} bytes an event on average)`,
);
