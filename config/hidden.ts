import { isCollection, isPair, isScalar, visit, type Document, type Node } from 'yaml';
import { mayBePrinted, type OptionNames } from './option-names.ts';

/** A part of a text that is not shown: offsets, `to` not included. */
export interface Hidden {
  readonly from: number;
  readonly to: number;
}

/** `${NAME}` and `${file:/path}` say where a secret is, not what it is; a default after `:-` may be one. */
const REFERENCE = /\$\{file:(?:[^${}]|\$\{\w+\})*\}|\$\{\w+\}/g;
const isReference = (text: string): boolean => text.trim().replace(REFERENCE, '') === '';

/** What stands in a URL between the user's name and the host. */
const URL_PASSWORD = /:\/\/[^\s/@:'"]*:([^\s/@]+)@/g;

/** Where secrets stand in a configuration, as far as it can be understood. */
export function hiddenParts(text: string, document: Document | null, names: OptionNames): readonly Hidden[] {
  // What is broken is parsed in ways that nobody meant: then the lines say more.
  const values = document?.errors.length === 0 ? byValues(text, document, names) : byLines(text, names);
  return [...values, ...inUrls(text)].sort((a, b) => a.from - b.from);
}

function byValues(text: string, document: Document, names: OptionNames): readonly Hidden[] {
  const hidden: Hidden[] = [];
  visit(document, (_key, pair) => {
    if (!isPair(pair) || !isScalar(pair.key)) return;
    const value = pair.value as Node | null;
    const [from, to] = value?.range ?? [0, 0];
    if (mayBePrinted(String(pair.key.value), !isCollection(value), names)) return;
    if (isReference(unquoted(text.slice(from, to)))) return;
    // A tag or an anchor before it may be its beginning, taken for one.
    const behindName = /[\s:]*/y;
    behindName.lastIndex = pair.key.range![1];
    behindName.exec(text);
    hidden.push({ from: Math.min(from, behindName.lastIndex), to });
  });
  return hidden;
}

const unquoted = (text: string): string => text.replace(/^(["'])([^]*)\1$/, '$2');

/** A name and what follows it on its line. */
const NAMED = /(?<=^|[\s{,[?-])["']?([\w-]+)["']?[ \t]*:(?=[\s"']|$)[ \t]*/g;

/** What begins an entry, at the start of a line. */
const ENTRY = /^[ \t]*(?:- |["']?[\w-]+["']?[ \t]*:(?:\s|$))/;

/** From a name that hides what follows to the end of its line, and every line behind it up to an entry no further in. */
function byLines(text: string, names: OptionNames): readonly Hidden[] {
  const hidden: Hidden[] = [];
  let start = 0;
  let insideOf = -1;
  for (const line of text.split('\n')) {
    const indent = /^[ \t]*/.exec(line)![0].length;
    if (indent <= insideOf && ENTRY.test(line)) insideOf = -1;
    if (insideOf !== -1) hidden.push({ from: start, to: start + line.length });
    for (const found of insideOf === -1 ? line.matchAll(NAMED) : []) {
      const at = found.index + found[0].length;
      const rest = line.slice(at);
      if (mayBePrinted(found[1]!, !/^(?:[[{&]|$)/.test(rest.trim()), names) || isReference(unquoted(rest.trim())))
        continue;
      hidden.push({ from: start + at, to: start + line.length });
      insideOf = indent;
      break;
    }
    start += line.length + 1;
  }
  return hidden;
}

function inUrls(text: string): readonly Hidden[] {
  return [...text.matchAll(URL_PASSWORD)]
    .filter(([, password]) => !isReference(password!))
    .map((found) => {
      const to = found.index + found[0].length - 1;
      return { from: to - found[1]!.length, to };
    });
}
