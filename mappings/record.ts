import { hash } from 'node:crypto';

/** What a record says, by the names its sender used. Values may be anything JSON can hold. */
export type Fields = Readonly<Record<string, unknown>>;

/** A record as it arrived, and the id its source knows it by. */
export interface AuditRecord {
  /** Byte for byte as it came, without the line's end. */
  readonly bytes: Uint8Array;
  /** `null` when the bytes are not what the source's format promises; `problem` then says why. */
  readonly fields: Fields | null;
  readonly problem?: string;
  /** Unique and repeatable within its source: its own id, or file, offset and hash, or fields and a count. */
  readonly nativeId: string;
  /** SHA-256 of `bytes`, 64 hex digits: `recordHash(bytes)`, or of the whole line where only its start was kept. */
  readonly hash: string;
  /** What had to be done to the record on its way in, as tags on the event: `line-truncated`, `invalid-utf8`. */
  readonly tags?: readonly string[];
  /** The file it was read from, for `log.file.path`. */
  readonly path?: string;
}

export const recordHash = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');
