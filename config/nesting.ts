import { Lexer, Parser } from 'yaml';

/**
 * Whether YAML nests deeper than so many levels. What composes a document from it recurses, and would run out of stack: so
 * this is looked at before, with the part of the parser that keeps its own stack, and no further than it has to be.
 */
export function nestsDeeperThan(text: string, most: number): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    Array.from(parser.next(lexeme)); // what it gives is made again by whoever composes the document
    // The document itself lies at the bottom, the scalar that is being read on top.
    if (parser.stack.length > most + 2) return true;
  }
  return false;
}
