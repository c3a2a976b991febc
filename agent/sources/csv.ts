import type { Fields } from '../../mappings/record.ts';

/** The columns of a CSV file, from its first line. A name that comes twice is kept apart: `Time`, `Time (2)`. */
export function csvColumns(header: string): readonly string[] | null {
  const names = splitCsv(header.replace(/^\ufeff/, ''))?.map((name) => name.trim());
  return names?.map((name, i) => name + (names.indexOf(name) === i ? '' : ` (${countUpTo(names, name, i)})`)) ?? null;
}

/** A CSV line by its columns, or what is wrong with it. */
export function csvFields(line: string, columns: readonly string[]): Fields | string {
  const values = splitCsv(line);
  if (!values) return 'not CSV: text follows the closing quote of a field, or a quote is never closed';
  if (values.length !== columns.length) {
    return `expected ${columns.length} fields as in the header (${columns.join(', ')}), found ${values.length}`;
  }
  // fromEntries defines own properties: a column named __proto__ stays data.
  return Object.fromEntries(columns.map((column, i) => [column, values[i]]));
}

/** RFC 4180 section 2: fields between commas, in quotes where they hold commas, line ends or (doubled) quotes. */
function splitCsv(line: string): string[] | null {
  if (!line.includes('"')) return line.split(',');
  const values: string[] = [];
  for (let at = 0; ; at++) {
    if (line[at] !== '"') {
      const comma = line.indexOf(',', at);
      values.push(line.slice(at, comma === -1 ? undefined : comma));
      if (comma === -1) return values;
      at = comma;
      continue;
    }
    const close = closingQuote(line, at + 1);
    if (close === -1) return null;
    values.push(line.slice(at + 1, close).replaceAll('""', '"'));
    at = close + 1;
    if (at === line.length) return values;
    if (line[at] !== ',') return null;
  }
}

function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at !== -1; at = line.indexOf('"', at + 2)) {
    if (line[at + 1] !== '"') return at;
  }
  return -1;
}

const countUpTo = (names: readonly string[], name: string, last: number): number =>
  names.slice(0, last + 1).filter((other) => other === name).length;
