import type { Batch, Limits } from '../forwarders/forwarder.ts';
import { batchOf, fitting, join, part, type Filter } from './batch.ts';
import { linkedAbort } from './linked-abort.ts';
import { lastOf, type Block } from './store/store.ts';

/** What is read ahead of a busy lane. */
const READ_AHEAD_BYTES_MAX = 4 * 1024 * 1024;

/** A stretch of the log, and those of its events that the lane delivers. */
export interface Piece {
  readonly batch: Batch | null;
  /** The sequence numbers that were read; there may be holes where damaged events were lost. */
  readonly runs: readonly Run[];
}

interface Run {
  readonly first: number;
  readonly last: number;
}

export const upTo = (piece: Piece): number => piece.runs.at(-1)!.last;
/** How many of its events the filter kept back. */
export const filteredOf = (piece: Piece): number =>
  piece.runs.reduce((n, run) => n + run.last - run.first + 1, 0) - eventsOf(piece);

/**
 * Cuts blocks into what one call carries: an idle lane sends a single event at once, a busy one joins the small blocks
 * that gather meanwhile. The events up to `after` are settled and left out.
 */
export async function* gather(
  read: (signal: AbortSignal) => AsyncIterable<Block>,
  after: number,
  limits: Limits,
  filter: Filter,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  using reading = linkedAbort(signal);
  const ahead = readAhead(read(reading.signal));
  let rest: Piece | null = null;
  while (true) {
    const pieces: Piece[] = rest ? [rest] : [];
    while (room(pieces, limits)) {
      const block: Block | null = pieces.length === 0 ? await ahead.next() : ahead.ready();
      if (!block) break;
      pieces.push(pieceOf(block, after, filter));
    }
    if (pieces.length === 0) return;
    const [first, second] = cut(joined(pieces), limits);
    rest = second;
    yield first;
  }
}

const pieceOf = (block: Block, after: number, filter: Filter): Piece => {
  const batch = batchOf(block, after, filter);
  return {
    batch: batch.sequences.length > 0 ? batch : null,
    runs: [{ first: Math.max(block.first, after + 1), last: lastOf(block) }],
  };
};

const bytesOf = (piece: Piece): number => piece.batch?.documents.bytes.length ?? 0;
const eventsOf = (piece: Piece): number => piece.batch?.sequences.length ?? 0;

const room = (pieces: readonly Piece[], limits: Limits): boolean =>
  pieces.reduce((n, piece) => n + eventsOf(piece), 0) < limits.events &&
  pieces.reduce((n, piece) => n + bytesOf(piece), 0) < limits.bytes &&
  pieces.length < limits.events;

function joined(pieces: readonly Piece[]): Piece {
  const batches = pieces.flatMap((piece) => (piece.batch ? [piece.batch] : []));
  return { batch: batches.length > 0 ? join(batches) : null, runs: pieces.flatMap((piece) => piece.runs) };
}

/** The part that fits one call, and the rest. */
function cut(piece: Piece, limits: Limits): readonly [Piece, Piece | null] {
  const { batch, runs } = piece;
  if (!batch) return [piece, null];
  const fits = fitting(batch, 0, limits.events, limits.bytes);
  const total = batch.sequences.length;
  if (fits === total) return [piece, null];
  const end = batch.sequences[fits - 1]!;
  const before = runs.filter((run) => run.first <= end).map((run) => ({ ...run, last: Math.min(run.last, end) }));
  const behind = runs.filter((run) => run.last > end).map((run) => ({ ...run, first: Math.max(run.first, end + 1) }));
  return [
    { batch: part(batch, 0, fits), runs: before },
    { batch: part(batch, fits, total), runs: behind },
  ];
}

interface ReadAhead {
  /** The next block, waiting for it; null at the end. */
  next(): Promise<Block | null>;
  /** The next block if it is there already. */
  ready(): Block | null;
}

function readAhead(blocks: AsyncIterable<Block>): ReadAhead {
  const waiting: Block[] = [];
  let bytes = 0;
  let ended = false;
  let failure: { readonly error: unknown } | null = null;
  let wake = Promise.withResolvers<undefined>();
  const changed = (): void => {
    wake.resolve(undefined);
    wake = Promise.withResolvers<undefined>();
  };
  const pump = async (): Promise<void> => {
    try {
      for await (const block of blocks) {
        waiting.push(block);
        bytes += block.documents.bytes.length;
        changed();
        while (bytes > READ_AHEAD_BYTES_MAX) await wake.promise;
      }
    } catch (error) {
      failure = { error };
    }
    ended = true;
    changed();
  };
  void pump();
  const ready = (): Block | null => {
    const block = waiting.shift() ?? null;
    if (block) {
      bytes -= block.documents.bytes.length;
      changed();
    }
    return block;
  };
  return {
    ready,
    async next() {
      while (waiting.length === 0 && !ended) await wake.promise;
      if (waiting.length === 0 && failure) throw failure.error;
      return ready();
    },
  };
}
