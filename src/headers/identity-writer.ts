// What one upstream is told about the client, as headers: compiled once from its options, built once per identity.

import type { Identity, Unverified } from '../model/identity.ts';
import type { Refusal } from '../model/reasons.ts';
import { foldHeaderName } from '../model/text.ts';
import { OVERSIZE, type Passed, type WriteField } from './field.ts';
import { compileField } from './fields.ts';
import { FORMATS } from './formats.ts';
import { isHopByHop } from './hop-by-hop.ts';
import type { FormatName, IdentityHeadersOptions } from './options.ts';

export interface IdentityWriter {
  /** All header names it may write. The custom ones of all writers go to the stripper. */
  readonly names: readonly string[];
  /** What is wrong with the options; with any of them the writer must not be used. */
  readonly problems: string[];
  /** At most one of the two may be given: a certificate that failed is no identity. */
  write(identity: Identity | undefined, unverified: Unverified | undefined): Written;
}

/** `headers`: flat list of names and values. */
export type Written = { readonly headers: readonly string[] } | { readonly refusal: Refusal };

interface Row {
  readonly name: string;
  readonly write: WriteField;
}

/**
 * Folded names that custom headers cannot have: they are stripped from every request and every answer, or set by us, so
 * that the traffic of all sites would break.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'expect',
  'forwarded',
  'host',
  'location',
  'origin',
  'server',
  'set-cookie',
  'user-agent',
  'www-authenticate',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);

/** What HTTP carries without change: printable ASCII without space at either end (RFC 9110 5.5). */
const FIELD_VALUE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** Name and value on the wire: `: ` between them, CR LF behind. */
const FRAMING_BYTES = 4;

/** `maxBytes`: most bytes of all headers written for one request. */
export function compileIdentityHeaders(options: IdentityHeadersOptions, maxBytes: number): IdentityWriter {
  const problems: string[] = [];
  const rows: Row[] = [];
  for (const option of options) {
    if (typeof option === 'string') rows.push(...compileFormat(option));
    else for (const [name, field] of Object.entries(option)) rows.push(...compileCustom(name, field, problems));
  }
  problems.push(...findRepeated(rows));
  const nobody = writeRows(rows, { identity: undefined, unverified: undefined }, maxBytes);
  const written = new WeakMap<Identity | Unverified, Written>();
  return {
    names: rows.map((row) => row.name),
    problems,
    write(identity, unverified) {
      if (identity !== undefined && unverified !== undefined)
        throw new Error('a client is verified or not, never both');
      const client = identity ?? unverified;
      if (client === undefined) return nobody;
      let result = written.get(client);
      if (result === undefined) {
        result = writeRows(rows, { identity, unverified }, maxBytes);
        written.set(client, result);
      }
      return result;
    },
  };
}

function compileFormat(format: FormatName): Row[] {
  return FORMATS[format].headers.flatMap(({ name, write }) => (write === undefined ? [] : [{ name, write }]));
}

/** Tells whether HTTP or this gateway needs the header otherwise, so that it cannot say who a client is. */
export function isReservedName(name: string): boolean {
  const folded = foldHeaderName(name);
  return RESERVED.has(folded) || isHopByHop(folded) || folded.startsWith('sec-');
}

function compileCustom(name: string, text: string, problems: string[]): Row[] {
  if (isReservedName(name)) {
    problems.push(`"${name}" cannot carry an identity: HTTP or this gateway needs it otherwise; expected another name`);
    return [];
  }
  const field = compileField(text);
  if ('problem' in field) {
    problems.push(`header "${name}": ${field.problem}`);
    return [];
  }
  return [{ name, write: field.write }];
}

function findRepeated(rows: readonly Row[]): string[] {
  const names = rows.map((row) => foldHeaderName(row.name));
  const repeated = rows.filter((_, index) => names.indexOf(names[index] ?? '') < index);
  return repeated.map((row) => `the header "${row.name}" is written twice; expected each header once`);
}

function writeRows(rows: readonly Row[], passed: Passed, maxBytes: number): Written {
  const headers: string[] = [];
  let bytes = 0;
  for (const { name, write } of rows) {
    const value = write(passed, maxBytes);
    if (value === undefined || value === '') continue;
    if (value !== OVERSIZE) bytes += name.length + value.length + FRAMING_BYTES;
    if (value === OVERSIZE || bytes > maxBytes) {
      const note = `${name} does not fit: identity headers may have ${maxBytes} bytes`;
      return { refusal: { code: 'identity-too-large', check: 'identity-bytes', note } };
    }
    if (!FIELD_VALUE.test(value)) throw new Error(`the value for ${name} is no printable ASCII`);
    headers.push(name, value);
  }
  return { headers };
}
