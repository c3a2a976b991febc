import type { Head } from '../../mappings/events.ts';
import { fold, type Condition, type TextColumn } from './condition.ts';

/** The plain evaluation: whether an event passes. `document` is its parsed JSON. */
export const evaluate = (condition: Condition, head: Head, document: unknown): boolean =>
  judge(condition, viewOf(head), { document }) === true;

/** A head's texts as they are compared, each folded once. */
export interface HeadView {
  readonly head: Head;
  folded(column: TextColumn): string | null;
}

export function viewOf(head: Head): HeadView {
  const texts: Partial<Record<TextColumn, string | null>> = {};
  return {
    head,
    folded: (column) => {
      const text = head[column];
      return (texts[column] ??= text === null ? null : fold(text));
    },
  };
}

/** Whether an event passes as far as its head tells; `undefined` where that depends on a document that was not read. */
export function judge(
  condition: Condition,
  view: HeadView,
  read: { readonly document: unknown } | null,
): boolean | undefined {
  switch (condition.kind) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'not': {
      const passes = judge(condition.part, view, read);
      return passes === undefined ? undefined : !passes;
    }
    case 'and':
      return judgeAll(condition.parts, false, view, read);
    case 'or':
      return judgeAll(condition.parts, true, view, read);
    case 'text':
      return condition.columns.some((column) => {
        const folded = view.folded(column);
        return folded !== null && condition.test.passes(folded);
      });
    case 'time': {
      const at = Date.parse(view.head.time);
      return at >= condition.from && at < condition.to;
    }
    case 'severity':
      return view.head.severity >= condition.from && view.head.severity <= condition.to;
    case 'document':
      return read ? condition.passes(read.document) : undefined;
  }
}

/** One part that is `decides` decides it for all, even where another is not known. */
function judgeAll(
  parts: readonly Condition[],
  decides: boolean,
  view: HeadView,
  read: { readonly document: unknown } | null,
): boolean | undefined {
  let isKnown = true;
  for (const part of parts) {
    const passes = judge(part, view, read);
    if (passes === decides) return decides;
    if (passes === undefined) isKnown = false;
  }
  return isKnown ? !decides : undefined;
}
