import type { Condition } from './condition.ts';

/** The fields of a query that no column holds, for an answer that says why it took long. */
export function slowFields(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [...new Set(condition.parts.flatMap(slowFields))];
    case 'not':
      return slowFields(condition.part);
    case 'document':
      return condition.rare ? [] : [condition.path.join('.')];
    case 'all':
    case 'none':
    case 'text':
    case 'time':
    case 'severity':
      return [];
  }
}
