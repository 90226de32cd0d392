// Which rows are in a JSON file of clients?

import type { RawImport } from './import-csv.ts';
import { ACCOUNT_FIELDS, CERTIFICATE_FIELDS, type Field, type ImportProblem, type RawRow } from './import-rows.ts';

/** A list of accounts, each with its certificates in a list. A problem is told with the line its account begins on. */
export function readJson(text: string): RawImport {
  let accounts: unknown;
  try {
    accounts = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const [, line] = /\(line (\d+) column \d+\)/.exec(error.message) ?? [];
    return { rows: [], problems: [{ line: Number(line ?? 1), message: 'this is no JSON' }] };
  }
  if (!Array.isArray(accounts)) {
    return { rows: [], problems: [{ line: 1, message: 'expected a list of accounts: [{ "account": "alice" }]' }] };
  }
  const lines = findLines(text);
  const rows: RawRow[] = [];
  const problems: ImportProblem[] = [];
  accounts.forEach((account: unknown, index) => {
    const line = lines[index] ?? 1;
    const complain = (message: string, column?: string) => void problems.push({ line, column, message });
    rows.push(...readAccount(account, line, complain));
  });
  return { rows, problems };
}

type Complain = (message: string, column?: string) => void;

function readAccount(account: unknown, line: number, complain: Complain): RawRow[] {
  if (!isObject(account)) {
    complain('expected an object for each account');
    return [];
  }
  const { certificates = [], roles, ...rest } = account;
  const texts = readTexts(rest, ACCOUNT_FIELDS, complain);
  const areTexts = Array.isArray(roles) && roles.every((role) => typeof role === 'string');
  if (roles !== undefined && !areTexts) complain('expected a list of texts', 'roles');
  if (!Array.isArray(certificates) || !certificates.every(isObject)) {
    complain('expected a list of objects', 'certificates');
    return [];
  }
  const common = { line, roles: areTexts ? (roles as string[]) : undefined };
  if (certificates.length === 0) return [{ ...common, texts }];
  return certificates.map((certificate) => ({
    ...common,
    texts: { ...texts, ...readTexts(certificate, CERTIFICATE_FIELDS, complain) },
  }));
}

function readTexts(from: object, fields: readonly Field[], complain: Complain): Partial<Record<Field, string>> {
  const texts: Partial<Record<Field, string>> = {};
  for (const [key, value] of Object.entries(from)) {
    const field = fields.find((each) => each === key);
    if (field === undefined) complain(`there is no such field; known are ${fields.join(', ')}`, key.slice(0, 100));
    else if (value === null) texts[field] = '';
    else if (typeof value === 'string' && field !== 'enabled') texts[field] = value;
    else if (typeof value === 'boolean' && field === 'enabled') texts[field] = String(value);
    else complain(field === 'enabled' ? 'expected true or false' : 'expected a text', field);
  }
  return texts;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The line that each member of the outermost list begins on, from 1. For a text that was parsed. */
function findLines(text: string): number[] {
  const lines: number[] = [];
  let [line, depth] = [1, 0];
  let awaitsMember = false;
  // Strings, line ends and what structures; everything else is passed over.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},\n]|[^\s"[\]{},]+/g)) {
    if (token === '\n') {
      line++;
      continue;
    }
    if (depth === 1 && awaitsMember && token !== ']') {
      lines.push(line);
      awaitsMember = false;
    }
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth === 1 && (lines.length === 0 ? token === '[' : token === ',')) awaitsMember = true;
  }
  return lines;
}
