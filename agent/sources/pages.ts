import { BLOCK_BYTES_MAX, BLOCK_EVENTS_MAX } from '../../mappings/events.ts';
import type { AuditRecord } from '../../mappings/record.ts';

/** The records gathered for the next page: at most a block's worth. */
export class PageRecords {
  #records: AuditRecord[] = [];
  #bytes = 0;

  get size(): number {
    return this.#records.length;
  }

  /** Whether a record of this many bytes still belongs on the page. An empty page takes any. */
  takes(bytes: number): boolean {
    return (
      this.#records.length === 0 || (this.#records.length < BLOCK_EVENTS_MAX && this.#bytes + bytes <= BLOCK_BYTES_MAX)
    );
  }

  add(record: AuditRecord): void {
    this.#records.push(record);
    this.#bytes += record.bytes.length;
  }

  /** What was gathered; the next page begins empty. */
  take(): readonly AuditRecord[] {
    const records = this.#records;
    this.#records = [];
    this.#bytes = 0;
    return records;
  }
}
