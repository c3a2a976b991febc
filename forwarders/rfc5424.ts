import type { Head } from '../mappings/events.ts';

/** What is the same in every message of one destination. */
export interface Sender {
  /** 0 to 23 (RFC 5424 table 1); 13 is the log audit. */
  readonly facility: number;
  readonly hostname: string;
  readonly appName: string;
  readonly procId: string;
  /** Private enterprise number, for the name of our own element. */
  readonly enterpriseNumber: number;
  readonly software: string;
  readonly version: string;
}

const SEQUENCE_ID_MAX = 2_147_483_647;
const VALUE_CHARACTERS_MAX = 256;

/** Everything of one message but MSG, with the space before it. `sequence` counts from 1. */
export type WriteHeader = (head: Head, sequence: number, truncated: boolean) => string;

/**
 * The headers of one sender (RFC 5424 section 6):
 * `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID [meta …][origin …][audit@PEN …] `.
 */
export function headerWriter(sender: Sender): WriteHeader {
  const { facility, enterpriseNumber, software, version } = sender;
  const names = [name(sender.hostname, 255), name(sender.appName, 48), name(sender.procId, 128)].join(' ');
  const origin = element('origin', { software: software.slice(0, 48), swVersion: version.slice(0, 32) });
  const own = `audit@${enterpriseNumber}`;
  return (head, sequence, truncated) => {
    const audit = element(own, {
      id: head.id,
      code: head.code,
      dataset: head.dataset,
      outcome: head.outcome,
      user: head.user,
      src: head.ip,
      target: head.target,
      connector: head.connector,
      organization: head.organization,
      truncated: truncated ? 'true' : null,
    });
    const meta = `[meta sequenceId="${((sequence - 1) % SEQUENCE_ID_MAX) + 1}"]`;
    return `<${facility * 8 + head.severity}>1 ${head.time} ${names} ${name(head.action, 32)} ${meta}${origin}${audit} `;
  };
}

/** Printable US-ASCII without space (33 to 126), `-` when empty, cut to `most` (section 6.2). */
const name = (text: string, most: number): string => text.replace(/[^\x21-\x7e]/gu, '_').slice(0, most) || '-';

/** One SD-ELEMENT; what is null is left out (section 6.3). */
function element(id: string, params: Readonly<Record<string, string | null>>): string {
  let text = `[${id}`;
  for (const [key, value] of Object.entries(params)) if (value !== null) text += ` ${key}="${paramValue(value)}"`;
  return `${text}]`;
}

/** Nothing to escape, nothing to replace: almost every value. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5e-\x7e]*$/;

/**
 * UTF-8, with `"`, `\` and `]` escaped and nothing else (section 6.3.3). Control characters become spaces, since some
 * receivers end a message at a line feed wherever it stands.
 */
function paramValue(value: string): string {
  const cut = value.length > VALUE_CHARACTERS_MAX ? Array.from(value).slice(0, VALUE_CHARACTERS_MAX).join('') : value;
  if (PLAIN.test(cut)) return cut;
  return cut
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .replace(/["\\\]]/g, '\\$&');
}

/** JSON in pure ASCII: the same document, every other character as its escape (many receivers show a BOM as text). */
export const asciiJson = (json: string): string =>
  json.replace(/[\x7f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
