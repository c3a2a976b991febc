import { parseHead, type Events } from '../../mappings/events.ts';
import { slice } from '../../mappings/slices.ts';
import type { Filter } from '../batch.ts';
import type { Condition } from './condition.ts';
import { judge, viewOf } from './evaluate.ts';

/**
 * Which events of a block pass. It parses the head, and the document only where the head leaves it open. An event that
 * cannot be read passes: whoever gets it says what is wrong with it, which is better than nobody knowing. Never throws.
 */
export function headFilter(condition: Condition): Filter {
  if (condition.kind === 'all') return () => true;
  if (condition.kind === 'none') return () => false;
  return (events, i) => {
    try {
      return passes(condition, events, i);
    } catch {
      return true;
    }
  };
}

function passes(condition: Condition, events: Events, i: number): boolean {
  const view = viewOf(parseHead(slice(events.heads, i)));
  const known = judge(condition, view, null);
  if (known !== undefined) return known;
  const { buffer, byteOffset, byteLength } = slice(events.documents, i);
  const document: unknown = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8'));
  return judge(condition, view, { document }) === true;
}
