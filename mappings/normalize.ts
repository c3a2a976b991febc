import type { Pack, Row } from './compile.ts';
import { slot } from './compile.ts';
import type { Head } from './events.ts';
import { fillFromPack, fillFromRow } from './fill.ts';
import { ipAddress } from './ip.ts';
import { addValue, metadataOf, PAIRS_MAX, textOfFirst, type Texts } from './metadata.ts';
import { isFalse, outcomeOf, type Outcome } from './outcome.ts';
import type { AuditRecord, Fields } from './record.ts';
import { shapeOf } from './shapes.ts';
import { keyword, put, type Tree } from './targets.ts';
import { asText, checkDepth } from './text.ts';
import type { ReadTime } from './time.ts';
import { isKnown, userOf } from './user.ts';

/** What an event has from where it was read, not from the record. */
export interface Origin {
  readonly source: string;
  readonly tags: readonly string[];
  /** ECS `agent.*` and `ecs.*` as JSON without the outer braces. */
  readonly fixed: string;
  readonly readTime: ReadTime;
}

/** A document as JSON that begins with `event` and ends with `tags`, and its columns. */
export interface Normalized {
  readonly document: string;
  readonly head: Head;
}

/** A head's message is for lists and searches; the whole one is in the document. */
export const HEAD_MESSAGE_MAX = 4_096;

/**
 * A record's event in the Elastic Common Schema. Pure but for the count of what nothing recognises, and thrown at only by
 * records that are no event; `encode.ts` turns those into a `pipeline_error`.
 */
export function normalize(
  pack: Pack,
  record: AuditRecord & { readonly fields: Fields },
  id: string,
  created: string,
  origin: Origin,
): Normalized {
  const { values, metadataValue, extra } = read(pack, record.fields);
  const at = (place: number): string => values[place]!;
  const message = at(slot.message);
  const flags = outcomeOf(at(slot.allowed), at(slot.succeeded), at(slot.status), pack.words);
  if (flags === 'unknown' && at(slot.status) !== '') pack.countShape(`event status: ${shapeOf(at(slot.status))}`);
  const row = rowOf(pack, values, flags);
  const metadata = pack.metadata && metadataOf(metadataValue, row.secretKeys);
  const outcome = row.outcome === 'O2' ? 'failure' : row.outcome === 'none' ? undefined : flags;
  const denied = isFalse(at(slot.allowed));
  const severity = row.severityOf[outcome ?? 'unknown'];
  const time = origin.readTime(at(slot.time));
  const ip = ipAddress(at(slot.ip).trim());
  const actor = isKnown(at(slot.user)) ? userOf(at(slot.user)) : undefined;
  const affected = affectedUser(metadata, row, actor);
  const provider = pack.definition.provider ?? (pack.definition.provider_from_area ? at(slot.area) : '');
  const token = actor !== undefined && pack.tokenName !== null && actor['email'] === undefined;

  // What `document` holds behind `event` and the parts that are text already, in the end.
  const document: Tree = {
    event: {
      provider: provider === '' ? undefined : keyword(provider),
      reason: denied ? 'not allowed' : undefined,
    },
    http: at(slot.method) === '' ? undefined : { request: { method: keyword(at(slot.method).toUpperCase()) } },
    log: record.path === undefined ? undefined : { file: { path: keyword(record.path) } },
    message: message === '' ? undefined : message,
    organization: organization(at(slot.organization_id), at(slot.organization_name)),
    related: undefined,
    source: isKnown(at(slot.ip)) ? { address: keyword(at(slot.ip)), ip: ip ?? undefined } : undefined,
    user: actor,
  };
  const users = actor ? [actor['name'] as string] : [];
  fillFromPack(document, pack, values);
  const connector = at(slot.connector) || textOfFirst(metadata, pack.connectorKeys);
  if (connector !== '' && pack.connectorId) put(document, pack.connectorId, keyword(connector));
  if (token) put(document, pack.tokenName, actor['name']);
  fillFromRow(document, row, metadata, affected, users);
  if (metadata) put(document, pack.metadata.into, metadata);
  if (extra && pack.extra) put(document, pack.extra, extra);
  if (ip !== null || users.length > 0) {
    document['related'] = {
      ip: ip === null ? undefined : [ip],
      user: users.length === 0 ? undefined : users.length === 1 ? users : [...new Set(users)],
    };
  }
  document['tags'] = tagsOf(record, row, origin, time === null, denied, token);

  const text = textAt(document, 'message');
  const head: Head = {
    id,
    time: time ?? created,
    dataset: pack.dataset,
    source: origin.source,
    // What a pack fills itself stands in the document as it says, and so here.
    user: textAt(document['user'], 'name'),
    area: row.area === 'unknown' ? (pack.areas.get(at(slot.area).toLowerCase()) ?? 'unknown') : row.area,
    message: text === null || text.length <= HEAD_MESSAGE_MAX ? text : cut(text),
    outcome: outcome ?? null,
    ip: textAt(document['source'], 'ip'),
    action: row.action,
    code: row.code,
    severity,
    target: affected === '' ? targetName(document) : keyword(affected),
    connector: connector === '' ? null : keyword(connector),
    organization: keyword(at(slot.organization_name) || at(slot.organization_id)) || null,
  };
  const start = affected === '' ? row.start : row.startWithTarget;
  return { document: serialize(document, start[outcome ?? 'none'], created, record.hash, head, origin), head };
}

/**
 * The document as text. What a row, a pack or a source says of all its events was made text before; the id, times and
 * hash need no escaping.
 */
function serialize(
  document: Tree,
  start: string,
  created: string,
  hash: string,
  { id, time }: Head,
  { fixed }: Origin,
): string {
  const event = JSON.stringify(document['event']).slice(1, -1);
  document['event'] = undefined;
  const rest = JSON.stringify(document).slice(1);
  const more = event === '' ? '' : `,${event}`;
  return `${start},"created":"${created}","hash":"${hash}","id":"${id}"${more}},"@timestamp":"${time}",${fixed},${rest}`;
}

/** The record's values by their places, each as text; what has no place is `extra`. */
function read(
  pack: Pack,
  fields: Fields,
): { readonly values: readonly string[]; readonly metadataValue: unknown; readonly extra: Texts | null } {
  const values: string[] = new Array<string>(pack.slotCount).fill('');
  let metadataValue: unknown;
  for (const [name, place] of pack.slots) {
    const value = fields[name];
    if (value === undefined || !Object.hasOwn(fields, name)) continue;
    if (place !== slot.metadata) {
      if (values[place] === '') values[place] = asText(value);
    } else if (metadataValue === undefined) {
      checkDepth(value, 1);
      metadataValue = value;
    }
  }
  return { values, metadataValue, extra: pack.extra && extraOf(pack, fields, values, metadataValue) };
}

/** Fields the pack does not read, and those whose place another name has taken with another value. */
function extraOf(pack: Pack, fields: Fields, values: readonly string[], metadataValue: unknown): Texts | null {
  let extra: Texts | null = null;
  let extras = 0;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const place = pack.slots.get(name);
    if (place === slot.metadata ? value === metadataValue : place !== undefined && asText(value) === values[place])
      continue;
    if (++extras > PAIRS_MAX) break;
    addValue((extra ??= {}), name, value, pack.metadata?.secret ?? NOTHING);
  }
  return extra;
}

const NOTHING: ReadonlySet<string> = new Set();

/** The user the event is about. */
function affectedUser(metadata: Texts | null, row: Row, actor: Tree | undefined): string {
  const affected = textOfFirst(metadata, row.targetKeys);
  const own = row.target_if_other === true && affected.toLowerCase() === String(actor?.['name']).toLowerCase();
  return own ? '' : affected;
}

/** The order of rules: the record's own code, call and message, area, refused calls, and what is left. */
function rowOf(pack: Pack, values: readonly string[], outcome: Outcome): Row {
  const coded = values[slot.code] === '' ? undefined : pack.rows.get(values[slot.code]!);
  if (coded) return coded;
  const found = pack.recogniser.recognise(values[slot.acl]!, values[slot.method]!, values[slot.message]!);
  if (found.row) {
    const { failed } = found.row;
    if (!failed || outcome !== 'failure') return found.row;
    return found.byMessage ? failed.recognised : failed.otherwise;
  }
  const byArea = pack.areaRows.get(values[slot.area]!.toLowerCase());
  if (byArea) return byArea;
  if (pack.denied && isFalse(values[slot.allowed]!)) return pack.denied;
  pack.countShape(found.shape);
  return pack.unknown;
}

const organization = (id: string, name: string): Tree | undefined =>
  id === '' && name === ''
    ? undefined
    : { id: id === '' ? undefined : keyword(id), name: name === '' ? undefined : keyword(name) };

function tagsOf(
  record: AuditRecord,
  row: Row,
  origin: Origin,
  timeMissing: boolean,
  denied: boolean,
  token: boolean,
): readonly string[] {
  if (!record.tags && !row.tags && !timeMissing && !denied && !token) return origin.tags;
  const tags = [...origin.tags, ...(record.tags ?? []), ...(row.tags ?? [])];
  if (timeMissing) tags.push('timestamp-missing');
  if (denied) tags.push('access-denied');
  if (token) tags.push('api-token');
  return [...new Set(tags)];
}

function targetName(document: Tree): string | null {
  const target = (document['user'] as Tree | undefined)?.['target'];
  return textAt(target, 'name') ?? textAt(target, 'email') ?? textAt(target, 'id');
}

const textAt = (tree: unknown, name: string): string | null =>
  ((tree as Tree | undefined)?.[name] as string | undefined) ?? null;

const cut = (message: string): string => message.slice(0, HEAD_MESSAGE_MAX).toWellFormed();
