import { once } from 'node:events';
import { hostname } from 'node:os';
import { ByteWriter } from '../../mappings/byte-writer.ts';
import { createEncoder } from '../../mappings/encode.ts';
import type { Events } from '../../mappings/events.ts';
import { runExamples } from '../../mappings/examples.ts';
import { loadPack } from '../../mappings/pack.ts';
import { count, slice } from '../../mappings/slices.ts';
import { systemClock } from '../clock.ts';
import { recordsOf, type LineFormat } from '../sources/parse-record.ts';
import { version } from '../version.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** `audit-relay map`: records on standard input, ECS events on standard output, in their order. Nothing is stored. */
export async function map(options: { readonly mapping: string; readonly format: LineFormat }): Promise<ExitCode> {
  const pack = await loadPack(options.mapping);
  const source = { name: 'map', id: 'map', tags: [] };
  const agent = { id: 'map', name: hostname(), version: version() };
  for await (const records of recordsOf(process.stdin, options.format, (n) => `${n}`)) {
    const encoder = createEncoder({ pack, source, agent });
    const created = new Date(systemClock.now()).toISOString();
    for (const record of records) encoder.add(record, created);
    for (const events of encoder.finish()) {
      if (!process.stdout.write(lines(events))) await once(process.stdout, 'drain');
    }
  }
  return exitCodes.done;
}

function lines({ documents }: Events): Uint8Array {
  const out = new ByteWriter(documents.bytes.length + count(documents));
  for (let i = 0; i < count(documents); i++) {
    out.bytes(slice(documents, i));
    out.ascii('\n');
  }
  return out.finish();
}

/** `audit-relay map --test`: the pack's own examples; 1 when one comes out differently. */
export async function testPack(mapping: string): Promise<ExitCode> {
  const { passed, differences } = runExamples(await loadPack(mapping));
  for (const difference of differences) process.stdout.write(`${difference}\n`);
  process.stdout.write(`${passed} examples passed, ${differences.length} differ\n`);
  return differences.length === 0 ? exitCodes.done : exitCodes.wrong;
}
