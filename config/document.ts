import { isAlias, isCollection, isMap, isScalar, parseDocument, visit, type Document, type Node } from 'yaml';
import { hiddenParts, type Hidden } from './hidden.ts';
import { pathText, type ConfigIssue } from './issues.ts';
import { nestsDeeperThan } from './nesting.ts';
import type { OptionNames } from './option-names.ts';
import { placeInValue } from './place-in-value.ts';
import { TextPlaces } from './text-places.ts';

export const DOCUMENT_BYTES_MAX = 1024 * 1024;
const DEPTH_MAX = 32;
const ALIASES_MAX = 50;
/** What is no YAML at all has as many problems as bytes. */
const PROBLEMS_MAX = 1_000;

export type Path = readonly (string | number)[];

/** Where an issue is, beside its path. */
interface IssuePlace {
  readonly key?: boolean;
  readonly help?: string;
  /** A character of a text, counted from 0. */
  readonly inside?: number;
}

/** What the parser's own words leave open, by its code. */
const MEANT: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a mapping begins where a value stands: indent it, or quote a text that holds ": "',
  MULTILINE_IMPLICIT_KEY: 'a mapping begins where a value stands: indent it, or quote a text that holds ": "',
  MULTIPLE_DOCS: 'a second document begins (---): put it into a file of its own',
  NON_STRING_KEY: 'a name must be text',
  DUPLICATE_KEY: 'the name stands here a second time',
};

/** One YAML file, parsed, that knows where each of its values stands. */
export class ConfigDocument {
  readonly #file: string;
  readonly #text: string;
  readonly #places: TextPlaces;
  readonly #document: Document;
  readonly #hidden: readonly Hidden[];
  /** What it says, plain, or null where it cannot be read. */
  readonly value: unknown;
  readonly issues: readonly ConfigIssue[];

  /** `names`: the options there are, so that no secret is shown. */
  constructor(file: string, text: string, names: OptionNames) {
    this.#file = file;
    this.#text = text;
    this.#places = new TextPlaces(text);
    const isDeep = nestsDeeperThan(text, DEPTH_MAX);
    this.#document = parse(isDeep ? '{}' : text);
    this.#hidden = hiddenParts(text, isDeep ? null : this.#document, names);
    const issues = isDeep ? [this.#at(0, '', `the file nests deeper than ${DEPTH_MAX} levels`)] : this.#problems();
    this.value = issues.length === 0 ? this.#plain(issues) : null;
    this.issues = issues;
  }

  /** An issue at the value of the path, or at its key, or at a character inside a text. */
  issue(path: Path, message: string, at: IssuePlace = {}): ConfigIssue {
    const { offset, node } = this.#find(path, at.key ?? false);
    const inside =
      at.inside !== undefined && isScalar(node) && typeof node.value === 'string'
        ? placeInValue(this.#text, node, node.value, at.inside)
        : null;
    return this.#at(inside ?? offset, pathText(path), message, at.help);
  }

  #problems(): ConfigIssue[] {
    const seen = new Set<string>();
    const { errors, warnings } = this.#document;
    return [...errors, ...warnings].slice(0, PROBLEMS_MAX).flatMap(({ code, message, pos }) => {
      const issue = this.#at(pos[0], '', MEANT[code] ?? withoutQuote(message));
      const key = `${issue.line}:${issue.column}:${issue.message}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [issue];
    });
  }

  #plain(issues: ConfigIssue[]): unknown {
    visit(this.#document, (_key, node) => {
      if (isMap(node) && node.has('<<'))
        issues.push(this.#at(node.range?.[0] ?? 0, '', 'merge keys (<<) are not supported: write the options out'));
      return undefined;
    });
    try {
      return issues.length === 0 ? (this.#document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown) : null;
    } catch (error) {
      issues.push(this.#at(0, '', `it cannot be read: ${withoutQuote((error as Error).message)}`));
      return null;
    }
  }

  #find(path: Path, key: boolean): { readonly offset: number; readonly node: unknown } {
    let node: unknown = this.#document.contents;
    let offset = 0;
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(this.#document);
      if (!isCollection(node)) break;
      const pair = isMap(node)
        ? node.items.find(({ key: name }) => isScalar(name) && String(name.value) === String(part))
        : undefined;
      const next: unknown = pair ? (pair.value ?? pair.key) : node.get(part, true);
      if (next === undefined || next === null) break;
      const isLast = part === path.at(-1);
      const shown = pair && (key || !isNode(next)) && isLast ? pair.key : next;
      offset = isNode(shown) ? (shown.range?.[0] ?? offset) : offset;
      node = next;
    }
    return { offset, node };
  }

  #at(offset: number, path: string, message: string, help?: string): ConfigIssue {
    const place = this.#places.at(offset, this.#hidden);
    return { file: this.#file, ...place, path, message, ...(help !== undefined && { help }) };
  }
}

/** The parser's message without what it quotes of the text: that may be a secret. */
const withoutQuote = (message: string): string => message.replace(/: [^]*$/, '');

const parse = (text: string): Document =>
  parseDocument(text, {
    uniqueKeys: true,
    version: '1.2',
    schema: 'core',
    merge: false,
    stringKeys: true,
    prettyErrors: false,
  });

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'range' in value;
