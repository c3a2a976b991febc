import assert from 'node:assert/strict';
import type { Batch } from '../forwarders/forwarder.ts';
import { headId, type Events } from '../mappings/events.ts';
import { concat, range, slice, type Slices } from '../mappings/slices.ts';
import { type Block, type Rejected } from './store/store.ts';

/** Whether a lane delivers event `i`; what it does not is counted as filtered. */
export type Filter = (events: Events, i: number) => boolean;

/** The events of a block behind `after` that pass the filter, sharing its bytes where they lie together. */
export function batchOf(block: Block, after: number, filter: Filter): Batch {
  const total = block.documents.ends.length;
  const wanted: number[] = [];
  for (let i = Math.max(0, after + 1 - block.first); i < total; i++) if (filter(block, i)) wanted.push(i);
  return select(
    { ...eventsOf(block), sequences: Float64Array.from({ length: total }, (_, i) => block.first + i) },
    wanted,
  );
}

/** Events of a batch by their places, in the order given, which must rise. */
export function select(batch: Batch, places: readonly number[]): Batch {
  const runs = runsOf(places);
  const parts = (slices: Slices): Slices => concat(runs.map(([from, to]) => range(slices, from, to)));
  return {
    documents: parts(batch.documents),
    records: parts(batch.records),
    heads: parts(batch.heads),
    sequences: Float64Array.from(places, (i) => batch.sequences[i]!),
  };
}

/** Both halves of a batch of two or more. */
export function halves(batch: Batch): readonly [Batch, Batch] {
  const middle = Math.ceil(batch.sequences.length / 2);
  return [part(batch, 0, middle), part(batch, middle, batch.sequences.length)];
}

/** Batches one after the other as one. */
export function join(batches: readonly Batch[]): Batch {
  if (batches.length === 1) return batches[0]!;
  const sequences = new Float64Array(batches.reduce((sum, batch) => sum + batch.sequences.length, 0));
  let at = 0;
  for (const batch of batches) {
    sequences.set(batch.sequences, at);
    at += batch.sequences.length;
  }
  return {
    documents: concat(batches.map((batch) => batch.documents)),
    records: concat(batches.map((batch) => batch.records)),
    heads: concat(batches.map((batch) => batch.heads)),
    sequences,
  };
}

/** How many events from place `from` fit a call of `events` and `bytes`; at least one. */
export function fitting(batch: Batch, from: number, events: number, bytes: number): number {
  const { ends } = batch.documents;
  const start = from === 0 ? 0 : ends[from - 1]!;
  let to = from + 1;
  while (to < ends.length && to - from < events && ends[to]! - start <= bytes) to++;
  return to - from;
}

/** Events `from` up to and without `to`, sharing the bytes. */
export const part = (batch: Batch, from: number, to: number): Batch => ({
  documents: range(batch.documents, from, to),
  records: range(batch.records, from, to),
  heads: range(batch.heads, from, to),
  sequences: batch.sequences.subarray(from, to),
});

/** Event `i` with the reason it will never be delivered, its bytes copied so that the batch's can go. */
export function rejected(batch: Batch, i: number, reason: string): Rejected {
  const copy = (slices: Slices): Uint8Array => new Uint8Array(slice(slices, i));
  return {
    sequence: batch.sequences[i]!,
    reason,
    id: Buffer.from(headId(batch, i)).toString('latin1'),
    document: copy(batch.documents),
    record: copy(batch.records),
    head: copy(batch.heads),
  };
}

const eventsOf = ({ documents, records, heads }: Events): Events => ({ documents, records, heads });

function runsOf(places: readonly number[]): readonly (readonly [from: number, to: number])[] {
  const runs: [number, number][] = [];
  for (const place of places) {
    const last = runs.at(-1);
    assert(!last || place >= last[1], 'places must rise');
    if (last?.[1] === place) last[1]++;
    else runs.push([place, place + 1]);
  }
  return runs;
}
