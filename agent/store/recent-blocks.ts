import { lastOf, type Block } from './store.ts';

const bytesOf = ({ documents, records, heads }: Block): number =>
  documents.bytes.length + records.bytes.length + heads.bytes.length;

/** The newest blocks as they were appended, so that lanes that keep up read no disk. Bounded by bytes. */
export class RecentBlocks {
  readonly #bytesMax: number;
  readonly #blocks: Block[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(block: Block): void {
    this.#blocks.push(block);
    this.#bytes += bytesOf(block);
    while (this.#bytes > this.#bytesMax && this.#blocks.length > 1) this.#bytes -= bytesOf(this.#blocks.shift()!);
  }

  /** The block that holds the event behind `after`, if it is among them. */
  after(after: number): Block | null {
    const oldest = this.#blocks[0];
    if (!oldest || oldest.first > after + 1) return null;
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lastOf(this.#blocks[middle]!) > after) high = middle;
      else low = middle + 1;
    }
    const found = this.#blocks[low]!;
    return lastOf(found) > after ? found : null;
  }
}
