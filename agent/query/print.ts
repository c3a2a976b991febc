import type { Query, Term, Tree, Value } from './syntax.ts';
import { writeName, writeValue } from './word.ts';

/** The query as text; reading it gives the same query, places apart. */
export const print = (query: Query): string => (query.kind === 'all' ? '' : write(query));

function write(tree: Tree<Term | Value>): string {
  switch (tree.kind) {
    case 'and':
    case 'or':
      return tree.parts.map((part) => writeInside(part, tree.kind)).join(` ${tree.kind} `);
    case 'not':
      return `not ${writeInside(tree.part, 'not')}`;
    case 'word':
      return writeValue(tree.value, false);
    case 'is': {
      const { field, values } = tree;
      const isOne = values.kind === 'literal' || values.kind === 'glob';
      return `${writeName(field.name)}:${isOne ? write(values) : `(${write(values)})`}`;
    }
    case 'compare':
      return `${writeName(tree.field.name)} ${tree.operator} ${write(tree.value)}`;
    case 'literal':
    case 'glob':
      return writeValue(tree, true);
  }
}

/** In parentheses where it binds no tighter than what is around it; an `and` in an `and` stays a part of its own. */
function writeInside(part: Tree<Term | Value>, around: 'and' | 'or' | 'not'): string {
  const isJoined = part.kind === 'and' || part.kind === 'or';
  const bindsTighter = !isJoined || (around === 'or' && part.kind === 'and');
  return bindsTighter ? write(part) : `(${write(part)})`;
}
