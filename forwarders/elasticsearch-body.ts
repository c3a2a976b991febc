import { ByteWriter } from '../mappings/byte-writer.ts';
import type { WriteDocument } from '../mappings/document.ts';
import { headDataset, headId } from '../mappings/events.ts';
import type { Batch } from './forwarder.ts';

/** A bulk request for one data stream, or for several. */
export interface BulkBody {
  /** The streams it writes to, first one first. */
  readonly streams: readonly string[];
  readonly bytes: Buffer;
}

const LINE_OVERHEAD_BYTES = 256;

/** `create` lines with the event's id and its document (Elasticsearch bulk API): a stream of its own in a line only where they differ. */
export function bulkBody(batch: Batch, write: WriteDocument, namespace: string): BulkBody {
  const n = batch.sequences.length;
  const datasets = Array.from({ length: n }, (_, i) => Buffer.from(headDataset(batch, i)).toString('latin1'));
  const streams = [...new Set(datasets)].map((dataset) => streamName(dataset, namespace));
  const mixed = streams.length > 1;
  const out = new ByteWriter(batch.documents.bytes.length + n * LINE_OVERHEAD_BYTES);
  for (let i = 0; i < n; i++) {
    out.ascii('{"create":{"_id":"');
    out.bytes(headId(batch, i));
    out.ascii(mixed ? `","_index":"${streamName(datasets[i]!, namespace)}"}}\n` : '"}}\n');
    write(out, batch, i, batch.sequences[i]!);
    out.ascii('\n');
  }
  return { streams, bytes: out.finish() };
}

const streamName = (dataset: string, namespace: string): string => `logs-${dataset}-${namespace}`;
