import { ByteWriter } from './byte-writer.ts';
import type { Pack } from './compile.ts';
import { eventId } from './event-id.ts';
import { BLOCK_BYTES_MAX, BLOCK_EVENTS_MAX, serializeHead, type Events } from './events.ts';
import { normalize, type Normalized, type Origin } from './normalize.ts';
import { pipelineError } from './pipeline-error.ts';
import type { AuditRecord, Fields } from './record.ts';
import { timeReader } from './time.ts';

const ECS_VERSION = '9.4.0';

export interface EncoderParts {
  readonly pack: Pack;
  readonly source: {
    readonly name: string;
    /** Permanent: part of every event's id. */
    readonly id: string;
    readonly tags: readonly string[];
    /** Of times without a zone: an IANA name; UTC if there is none. */
    readonly timeZone?: string;
  };
  readonly agent: { readonly id: string; readonly name: string; readonly version: string };
}

/** Turns records into events, and events into blocks. */
export interface EventEncoder {
  /** `created`: when the record was read, as 24 characters. Never throws. */
  add(record: AuditRecord, created: string): void;
  /** All events added since the last time, in their order, cut into blocks. */
  finish(): Events[];
}

export function createEncoder({ pack, source, agent }: EncoderParts): EventEncoder {
  const origin: Origin = {
    source: source.name,
    tags: source.tags,
    fixed: JSON.stringify({ agent: { ...agent, type: 'audit-relay' }, ecs: { version: ECS_VERSION } }).slice(1, -1),
    readTime: timeReader(source.timeZone),
  };
  const cutter = new BlockCutter();
  return {
    add: (record, created) => {
      const id = eventId(source.id, nativeId(pack, record));
      const { document, head } = total(pack, record, id, created, origin);
      cutter.add(document, record.bytes, serializeHead(head));
    },
    finish: () => cutter.finish(),
  };
}

function total(pack: Pack, record: AuditRecord, id: string, created: string, origin: Origin): Normalized {
  if (record.fields === null) {
    const problem = { type: 'unreadable_record', message: record.problem ?? 'the record cannot be read' };
    return pipelineError(pack, record, problem, id, created, origin);
  }
  try {
    return normalize(pack, record as AuditRecord & { readonly fields: Fields }, id, created, origin);
  } catch (error) {
    const { name: type, message } = Error.isError(error) ? error : { name: 'Error', message: String(error) };
    return pipelineError(pack, record, { type, message }, id, created, origin);
  }
}

function nativeId(pack: Pack, { fields, nativeId }: AuditRecord): string {
  if (fields === null || !pack.definition.read.id) return nativeId;
  try {
    return pack.nativeId(fields) ?? nativeId;
  } catch {
    return nativeId; // nested too deep: the record's event says so
  }
}

/** Texts end to end while they are added. */
class Growing {
  readonly writer = new ByteWriter();
  readonly ends: number[] = [];

  slices(): Events['documents'] {
    return { bytes: this.writer.finish(), ends: Uint32Array.from(this.ends) };
  }
}

class BlockCutter {
  #blocks: Events[] = [];
  #documents = new Growing();
  #records = new Growing();
  #heads = new Growing();

  add(document: string, record: Uint8Array, head: string): void {
    const count = this.#documents.ends.length;
    if (count > 0 && (count === BLOCK_EVENTS_MAX || !this.#hasRoom(document))) this.#cut();
    this.#documents.writer.text(document);
    this.#documents.ends.push(this.#documents.writer.length);
    this.#records.writer.bytes(record);
    this.#records.ends.push(this.#records.writer.length);
    this.#heads.writer.text(head);
    this.#heads.ends.push(this.#heads.writer.length);
  }

  finish(): Events[] {
    if (this.#documents.ends.length > 0) this.#cut();
    const blocks = this.#blocks;
    this.#blocks = [];
    return blocks;
  }

  #hasRoom(document: string): boolean {
    const room = BLOCK_BYTES_MAX - this.#documents.writer.length;
    return document.length * 3 <= room || Buffer.byteLength(document) <= room;
  }

  #cut(): void {
    this.#blocks.push({
      documents: this.#documents.slices(),
      records: this.#records.slices(),
      heads: this.#heads.slices(),
    });
    this.#documents = new Growing();
    this.#records = new Growing();
    this.#heads = new Growing();
  }
}
