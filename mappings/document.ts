import type { ByteWriter } from './byte-writer.ts';
import { headDataset, type Events } from './events.ts';
import { slice, startOf } from './slices.ts';

/** What a lane adds to the stored document: all of it is put in by cutting bytes together, nothing is parsed again. */
export interface DocumentOptions {
  /** Deliver the record as `event.original`. */
  readonly original: boolean;
  /** Added behind the event's own tags. */
  readonly tags: readonly string[];
}

/** Where a document is stored (ECS `data_stream.*`), for destinations that have data streams. */
export interface DataStream {
  readonly namespace: string;
}

/** Every stored document begins with this, so a field of `event` can be put behind it … */
export const DOCUMENT_START = '{"event":{';
/** … and ends with this, the end of its tags, so a tag or another field can be put before it. */
export const DOCUMENT_END = ']}';

/** Writes event `i`, complete for one lane: `event.sequence`, `event.original`, tags, `data_stream`. */
export type WriteDocument = (out: ByteWriter, events: Events, i: number, sequence: number) => void;

const EMPTY_TAGS = 0x5b; // '[': nothing stands between it and the end

/** The writer for one lane. */
export function documentWriter(options: DocumentOptions, stream?: DataStream): WriteDocument {
  const tags = options.tags.map((tag) => JSON.stringify(tag)).join(',');
  return (out, events, i, sequence) => {
    const { bytes, ends } = events.documents;
    const start = startOf(events.documents, i);
    const end = ends[i]! - DOCUMENT_END.length;
    out.ascii(`${DOCUMENT_START}"sequence":${sequence},`);
    if (options.original && !hasOriginal(bytes, start))
      out.text(`"original":${JSON.stringify(decode(slice(events.records, i)))},`);
    out.bytes(bytes, start + DOCUMENT_START.length, end);
    if (tags !== '') out.text(bytes[end - 1] === EMPTY_TAGS ? tags : `,${tags}`);
    out.ascii(']');
    if (stream) {
      out.ascii(',"data_stream":{"type":"logs","dataset":"');
      out.bytes(headDataset(events, i));
      out.ascii(`","namespace":"${stream.namespace}"}`);
    }
    out.ascii('}');
  };
}

const ORIGINAL = Buffer.from(`${DOCUMENT_START}"original":`);
/** The event of a record that could not be mapped carries the record already, as its first field. */
const hasOriginal = (bytes: Uint8Array, start: number): boolean =>
  ORIGINAL.equals(bytes.subarray(start, start + ORIGINAL.length));

const decoder = new TextDecoder();
const decode = (record: Uint8Array): string => decoder.decode(record);
