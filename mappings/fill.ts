import type { Pack, Row } from './compile.ts';
import { textOfFirst, type Texts } from './metadata.ts';
import { keyword, put, reach, type Tree } from './targets.ts';
import { userOf } from './user.ts';

/** Fields that the pack copies from every record, and those that are the same on every event. */
export function fillFromPack(document: Tree, pack: Pack, values: readonly string[]): void {
  for (const { parent, leaves } of pack.copies) {
    for (const { name, slot, convert } of leaves) {
      const value = values[slot]!;
      if (value !== '') reach(document, parent)[name] = convert(value);
    }
  }
  for (const { target, value } of pack.constants) put(document, target, value);
}

/** What a row's kind of event says, as far as the metadata do; `affected` is the user it is about; users that are
 * named on the way are added to `users`. */
export function fillFromRow(document: Tree, row: Row, metadata: Texts | null, affected: string, users: string[]): void {
  for (const { target, value } of row.fixed) put(document, target, value);
  if (!metadata) return;
  if (affected !== '') {
    Object.assign(reach(document, USER_TARGET), userOf(affected));
    users.push(keyword(affected));
  }
  for (const { target, keys, user } of row.taken) {
    const text = textOfFirst(metadata, keys);
    if (text === '') continue;
    put(document, target, target.convert(text));
    if (user) users.push(keyword(text));
  }
  for (const keys of row.relatedKeys) {
    const text = textOfFirst(metadata, keys);
    if (text !== '') users.push(keyword(text));
  }
}

const USER_TARGET = ['user', 'target'];
