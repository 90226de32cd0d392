// Which rows are in a CSV file, whichever program has written it?

import { CsvError, parse } from 'csv-parse/sync';
import { splitRoles } from './import-cells.ts';
import { columnOf, FIELDS, type Field, type ImportProblem, type RawRow } from './import-rows.ts';

export interface RawImport {
  readonly rows: readonly RawRow[];
  readonly problems: readonly ImportProblem[];
}

interface Line {
  /** From 1, where it begins. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * RFC 4180 with a row of names first. The separator (comma, semicolon or tab) is what stands between those names. Reading
 * ends at the first place where quotes are wrong, for what stands behind it could mean anything.
 */
export function readCsv(text: string): RawImport {
  let lines: readonly Line[];
  try {
    lines = splitLines(text);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { rows: [], problems: [{ line: findLine(text), message: describeFault(error) }] };
  }
  const [header, ...others] = lines.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  if (header === undefined) return { rows: [], problems: [{ line: undefined, message: 'the file is empty' }] };
  const { fields, problems } = readHeader(header);
  if (problems.length > 0) return { rows: [], problems };
  const wrong = others.filter(({ cells }) => cells.length !== fields.length);
  return {
    rows: others.filter(({ cells }) => cells.length === fields.length).map((line) => toRow(line, fields)),
    problems: wrong.map(({ line, cells }) => ({
      line,
      message: `${cells.length} columns, but the first row names ${fields.length}`,
    })),
  };
}

function splitLines(text: string): Line[] {
  let line = 1;
  return parseRecords(text).map((cells) => {
    const first = line;
    line += 1 + cells.reduce((sum, cell) => sum + (cell.match(LINE_END)?.length ?? 0), 0);
    return { line: first, cells };
  });
}

const LINE_END = /\r\n|\n|\r/g;

function parseRecords(text: string): string[][] {
  const [first = ''] = text.split(/[\r\n]/, 1);
  const delimiter = [',', ';', '\t'].find((each) => first.includes(each)) ?? ',';
  const lineEnds = ['\r\n', '\n', '\r'];
  return parse(text, { bom: true, delimiter, record_delimiter: lineEnds, relax_column_count: true });
}

/** Where the fault is. The parser counts a line end of two characters twice where it stands between quotes. */
function findLine(text: string): number | undefined {
  try {
    parseRecords(text.replaceAll('\r\n', '\n'));
    return undefined;
  } catch (error) {
    return error instanceof CsvError && typeof error.lines === 'number' ? error.lines : undefined;
  }
}

function describeFault({ code }: CsvError): string {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote is opened here and never closed';
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'there is text behind a closing quote; a quote inside of quotes is written twice';
    case 'INVALID_OPENING_QUOTE':
      return 'there is a quote inside of a value that does not begin with one';
    default:
      return 'this is no CSV';
  }
}

function readHeader({ line, cells }: Line): { fields: Field[]; problems: ImportProblem[] } {
  const fields: Field[] = [];
  const problems: ImportProblem[] = [];
  for (const cell of cells) {
    const name = fold(cell);
    const field = FIELDS.find((each) => fold(each) === name);
    if (field === undefined) {
      const known = FIELDS.map(columnOf).join(', ');
      problems.push({ line, column: cell.slice(0, 100), message: `there is no such column; known are ${known}` });
    } else if (fields.includes(field)) {
      problems.push({ line, column: columnOf(field), message: 'it is there twice' });
    } else fields.push(field);
  }
  if (problems.length === 0 && !fields.includes('account')) {
    problems.push({ line, message: 'the first row names no column account' });
  }
  return { fields, problems };
}

/** `Display Name`, `display-name` and `display_name` are one. */
function fold(name: string): string {
  return name.replace(/[\s_-]/g, '').toLowerCase();
}

function toRow({ line, cells }: Line, fields: readonly Field[]): RawRow {
  const texts: Partial<Record<Field, string>> = {};
  fields.forEach((field, index) => {
    texts[field] = undoGuard(cells[index] ?? '');
  });
  return { line, texts, roles: texts.roles === undefined ? undefined : splitRoles(texts.roles) };
}

/** What a spreadsheet would take for a formula, which the export guards by an apostrophe in front (OWASP: CSV injection). */
const GUARDED = /^'+[=+\-@\t\r]/;

function undoGuard(cell: string): string {
  return GUARDED.test(cell) ? cell.slice(1) : cell;
}
