/** Different shapes counted; what comes after them is counted together. */
const SHAPES_MAX = 1_000;
/** Of a message, this many characters make its shape. */
const SHAPE_LENGTH_MAX = 200;
const OTHERS = '(other messages)';

/** What a message quotes: names and texts of users. An apostrophe inside a word is no quote. */
const QUOTED = /"[^"]*"|“[^”]*”|‘[^’]*’|(?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}])/gu;
/** The platform's ids of accounts and connectors: `aaaaaa-bbbbbb-cccccc`. */
const PLATFORM_ID = /\b[a-z0-9]{6}-[a-z0-9]{6}-[a-z0-9]{6}\b/gi;

/** The message without what it quotes. */
export const unquoted = (message: string): string => message.replace(QUOTED, ' ');

/** What is particular to one event in a message becomes a placeholder, so that messages of one kind have one shape. */
export const shapeOf = (message: string): string =>
  message
    .slice(0, SHAPE_LENGTH_MAX * 2)
    .replace(QUOTED, '<text>')
    .replace(/[^\s<>@]+@[^\s<>@]+/g, '<email>')
    .replace(PLATFORM_ID, '<id>')
    .replace(/\b(?=[0-9a-f-]*\d)[0-9a-f]+(?:-[0-9a-f]+)+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b/gi, '<hex>')
    .replace(/\d+/g, '<n>')
    .slice(0, SHAPE_LENGTH_MAX)
    .toWellFormed();

/** How often each shape was seen: at most `SHAPES_MAX` of them. */
export class ShapeCounts {
  readonly #counts = new Map<string, number>();

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  add(shape: string): void {
    const room = this.#counts.size < SHAPES_MAX - 1 || this.#counts.has(shape);
    const key = room ? shape : OTHERS;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}
