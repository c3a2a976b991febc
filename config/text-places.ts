import type { Hidden } from './hidden.ts';

/** Where in a text an offset lies, and its line as it may be shown; all counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly excerpt: string;
  /** The column of the same place in the excerpt, which may be cut and masked. */
  readonly caret: number;
}

const MASK = '[secret]';
const CUT = '…';
/** Of a longer line, this much is shown around the place. */
const EXCERPT_MAX = 120;
const BEFORE_MAX = 80;
/** Further away on its line nothing is looked at. */
const NEAR = 500;

/** A text whose lines are shown without what is hidden in them. */
export class TextPlaces {
  readonly #text: string;
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    this.#starts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  at(offset: number, hidden: readonly Hidden[]): Place {
    const row = this.#row(offset);
    const { from, to } = this.#line(row);
    const place = Math.max(from, Math.min(offset, to));
    const masked = this.#masked(Math.max(from, place - NEAR), Math.min(to, place + NEAR), place, hidden);
    return { line: row + 1, column: place - from + 1, ...cutAround(masked.text, masked.column) };
  }

  #row(offset: number): number {
    const behind = this.#starts.findIndex((start) => start > offset);
    return behind === -1 ? this.#starts.length - 1 : behind - 1;
  }

  #line(row: number): Hidden {
    const from = this.#starts[row]!;
    const feed = this.#text.indexOf('\n', from);
    const to = feed === -1 ? this.#text.length : feed;
    return { from, to: this.#text[to - 1] === '\r' && to > from ? to - 1 : to };
  }

  /** The line from `from` to `to`, and where `offset` comes to lie in it. */
  #masked(from: number, to: number, offset: number, hidden: readonly Hidden[]): { text: string; column: number } {
    let text = '';
    let column = offset - from;
    let at = from;
    for (const part of hidden) {
      const start = Math.max(part.from, at);
      const end = Math.min(part.to, to);
      if (start >= end) continue;
      text += this.#text.slice(at, start);
      if (offset > start) column = offset < end ? text.length : column + MASK.length - (end - start);
      text += MASK;
      at = end;
    }
    // What a terminal would act on is no excerpt.
    return { text: (text + this.#text.slice(at, to)).replace(/\p{Cc}/gu, ' '), column };
  }
}

function cutAround(text: string, column: number): { excerpt: string; caret: number } {
  if (text.length <= EXCERPT_MAX) return { excerpt: text, caret: column + 1 };
  const start = column <= BEFORE_MAX ? 0 : column - BEFORE_MAX;
  const before = start === 0 ? '' : CUT;
  const after = start + EXCERPT_MAX < text.length ? CUT : '';
  return {
    excerpt: before + text.slice(start, start + EXCERPT_MAX) + after,
    caret: before.length + column - start + 1,
  };
}
