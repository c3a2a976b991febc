import type { QueryErrors } from './errors.ts';
import { valueHint, wordHint } from './hints.ts';
import { TERMS_MAX, type Place, type Value } from './syntax.ts';
import { isSpace, keywordOf, quotedAt, wordAt, type Keyword, type Word } from './word.ts';

/** A place in a query's text that moves forward, and what can be read there. */
export class Cursor {
  readonly text: string;
  readonly #errors: QueryErrors;
  #stopped = false;
  #terms = 0;
  at = 0;

  constructor(text: string, errors: QueryErrors) {
    this.text = text;
    this.#errors = errors;
  }

  /** The next character behind spaces; the empty text at the end. */
  peek(): string {
    while (this.at < this.text.length && isSpace(this.text[this.at]!)) this.at++;
    return this.text[this.at] ?? '';
  }

  /** The operator that stands here, if one does. */
  keyword(): Keyword | null {
    this.peek();
    return keywordOf(wordAt(this.text, this.at, false).raw);
  }

  here(length = 1): Place {
    return { start: this.at, end: Math.min(this.at + length, this.text.length) };
  }

  fail(place: Place, message: string, help?: string): null {
    if (!this.#stopped) this.#errors.add(place, message, help);
    return null;
  }

  /** An error behind which nothing can be made of the text. */
  stop(place: Place, message: string, help?: string): null {
    this.fail(place, message, help);
    this.#stopped = true;
    this.at = this.text.length;
    return null;
  }

  /** A quoted text, or a word in which a colon is a character like any other. */
  value(): Value | null {
    this.peek();
    if (this.text[this.at] === '"') return this.#quoted();
    const start = this.at;
    return this.#word(wordAt(this.text, start, true), start, valueHint);
  }

  /** What stands here without a field; `word` begins here too, or is null for a quoted text. */
  bare(word: Word | null): Value | null {
    return word ? this.#word(word, word.end - word.raw.length, wordHint) : this.#quoted();
  }

  #word(word: Word, start: number, hintFor: typeof wordHint): Value | null {
    const place = { start, end: word.end };
    this.at = word.end;
    if (word.raw === '') {
      const operator = this.text[this.at++]!;
      return this.fail(this.#before(), `a value cannot begin with ${operator}`, 'put it in quotes');
    }
    const hint = hintFor(word.raw);
    if (hint) this.fail(place, hint.message, hint.help);
    const { parts } = word;
    return this.#ended(parts.length > 1 ? { kind: 'glob', parts, place } : { kind: 'literal', text: parts[0]!, place });
  }

  #quoted(): Value | null {
    const start = this.at;
    const quoted = quotedAt(this.text, start);
    if (!quoted)
      return this.stop(
        { start, end: start + 1 },
        'the quoted text does not end',
        'close it with "; inside it, \\" is one',
      );
    this.at = quoted.end;
    return this.#ended({ kind: 'literal', text: quoted.text, place: { start, end: quoted.end } });
  }

  /** A value must be told apart from what follows. */
  #ended(value: Value): Value | null {
    if (++this.#terms > TERMS_MAX)
      return this.stop(value.place, `the query has more than ${TERMS_MAX} words and values`);
    const next = this.text[this.at] ?? ' ';
    if (isSpace(next) || next === '(' || next === ')') return value;
    if (next === ':' || next === '<' || next === '>') {
      this.at++;
      const help = next === ':' ? 'the name of a field takes no quotes' : `put a value with ${next} in quotes`;
      return this.fail(this.#before(), `${next} behind a value`, help);
    }
    return this.fail(this.here(), `a space is missing before ${next}`, 'put all of it in quotes if it is one text');
  }

  #before(): Place {
    return { start: this.at - 1, end: this.at };
  }
}
