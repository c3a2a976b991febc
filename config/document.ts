import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
import { pathText, type ConfigIssue } from './issues.ts';
import { placeInValue } from './place-in-value.ts';

const DOCUMENT_BYTES_MAX = 1024 * 1024;
const DEPTH_MAX = 32;
const ALIASES_MAX = 50;

export type Path = readonly (string | number)[];

/** Where an issue is, beside its path. */
export interface IssuePlace {
  readonly key?: boolean;
  readonly secret?: boolean;
  readonly help?: string;
  /** A character of a text, counted from 0. */
  readonly inside?: number;
}

/** One YAML file, parsed, that knows where each of its values stands. */
export class ConfigDocument {
  readonly #file: string;
  readonly #text: string;
  readonly #lines: readonly string[];
  readonly #counter: LineCounter;
  readonly #document: Document;
  /** What it says, plain, or null where it cannot be read. */
  readonly value: unknown;
  readonly issues: readonly ConfigIssue[];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    this.#lines = text.split(/\r?\n/);
    this.#counter = new LineCounter();
    const issues: ConfigIssue[] = [];
    this.#document = this.#parse(text, issues);
    this.value = issues.length === 0 ? this.#plain(issues) : null;
    this.issues = issues;
  }

  /**
   * An issue at the value of the path, or at its key, or at a character inside a text; `secret`: the line's value is not
   * shown.
   */
  issue(path: Path, message: string, at: IssuePlace = {}): ConfigIssue {
    const { offset, node } = this.#find(path, at.key ?? false);
    const inside =
      at.inside !== undefined && isScalar(node) && typeof node.value === 'string'
        ? placeInValue(this.#text, node, node.value, at.inside)
        : null;
    return this.#at(inside ?? offset, pathText(path), message, at.help, at.secret ?? false);
  }

  #parse(text: string, issues: ConfigIssue[]): Document {
    const empty = parseDocument('{}');
    if (Buffer.byteLength(text) > DOCUMENT_BYTES_MAX) {
      issues.push(this.#at(0, '', `the file has more than ${DOCUMENT_BYTES_MAX} bytes: it is no configuration`));
      return empty;
    }
    if (nestsDeeperThan(text, DEPTH_MAX)) {
      issues.push(this.#at(0, '', `the file nests deeper than ${DEPTH_MAX} levels`));
      return empty;
    }
    const document = parseDocument(text, {
      lineCounter: this.#counter,
      uniqueKeys: true,
      version: '1.2',
      schema: 'core',
      merge: false,
      stringKeys: true,
    });
    for (const { message, pos } of [...document.errors, ...document.warnings]) {
      issues.push(this.#at(pos[0], '', message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')));
    }
    return document;
  }

  #plain(issues: ConfigIssue[]): unknown {
    visit(this.#document, (_key, node, ancestors) => {
      if (ancestors.length > 2 * DEPTH_MAX) return visit.BREAK;
      if (isMap(node) && node.has('<<'))
        issues.push(this.#at(node.range?.[0] ?? 0, '', 'merge keys (<<) are not supported: write the options out'));
      return undefined;
    });
    try {
      return issues.length === 0 ? (this.#document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown) : null;
    } catch (error) {
      issues.push(this.#at(0, '', `it cannot be read: ${(error as Error).message}`));
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

  #at(offset: number, path: string, message: string, help?: string, secret = false): ConfigIssue {
    const { line, col } = this.#counter.linePos(offset);
    const [row, column] = [Math.max(1, line), Math.max(1, col)];
    const text = (this.#lines[row - 1] ?? '').replaceAll('\t', ' ').slice(0, 200);
    const excerpt = secret ? `${text.slice(0, column - 1)}[secret]` : text;
    return { file: this.#file, line: row, column, path, message, ...(help !== undefined && { help }), excerpt };
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'range' in value;

/** A look at the text before it is parsed: brackets and indentation, since the parser itself recurses. */
function nestsDeeperThan(text: string, most: number): boolean {
  let brackets = 0;
  for (const char of text) {
    if (char === '[' || char === '{') brackets++;
    else if (char === ']' || char === '}') brackets = Math.max(0, brackets - 1);
    if (brackets > most) return true;
  }
  return text
    .split('\n')
    .some((line) => (/^(?:[ ]*- )+/.exec(line)?.[0].match(/- /g)?.length ?? 0) > most || /^ {200,}\S/.test(line));
}
