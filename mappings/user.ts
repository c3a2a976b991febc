import { keyword, type Tree } from './targets.ts';

/** What a record's one name for a user says: an e-mail address is id, name and e-mail in one (ECS `user`). */
export function userOf(name: string): Tree {
  const text = keyword(name);
  const at = text.lastIndexOf('@');
  if (at < 0) return { name: text };
  return { domain: at === text.length - 1 ? undefined : text.slice(at + 1), email: text, id: text, name: text };
}

const UNKNOWN = 'unknown';

/** Whether the platform says anything at all: `Unknown` stands where it knows nothing. */
export const isKnown = (text: string): boolean =>
  text !== '' && !(text.length === UNKNOWN.length && text.toLowerCase() === UNKNOWN);
