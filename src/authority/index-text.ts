// What has an authority issued and withdrawn? The index: one line of JSON for the folder, then one for each certificate.

import { StartFault } from '../model/fault.ts';
import { CRL_REASONS } from '../x509/crl-reasons.ts';

export interface IssuedEntry {
  /** Upper-case hex, as in CertificateFacts. */
  readonly serial: string;
  /** Which authority of the folder issued it. */
  readonly issuer: 'root' | 'issuing';
  /** RFC 4514. */
  readonly subject: string;
  /** Milliseconds since the epoch, written as text. */
  readonly notAfter: number;
  /** Name of its file in the folder. */
  readonly file: string;
  readonly revocation?: { readonly at: number; readonly reason?: string };
}

export interface AuthorityState {
  /** Number of the last CRL, of whichever authority of the folder; it only grows (RFC 5280 5.2.3). */
  readonly crlNumber: number;
  /** Oldest first, each serial number once. */
  readonly entries: readonly IssuedEntry[];
}

export const EMPTY_STATE: AuthorityState = { crlNumber: 0, entries: [] };

const FORMAT = 1;

export function formatIndex({ crlNumber, entries }: AuthorityState): string {
  const lines = [{ format: FORMAT, crlNumber }, ...entries.map(toRow)];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** `file` is for messages. Throws StartFault: what cannot be read to the end must not be the ground for a CRL. */
export function parseIndex(text: string, file: string): AuthorityState {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw broken(file, lines.length + 1);
  const [head, ...rows] = lines;
  const { format, crlNumber } = parseLine(head, file, 1);
  if (format !== FORMAT || !isCount(crlNumber)) throw broken(file, 1);
  const seen = new Set<string>();
  const entries = rows.map((row, index) => {
    const entry = toEntry(parseLine(row, file, index + 2));
    if (entry === undefined || seen.has(entry.serial)) throw broken(file, index + 2);
    seen.add(entry.serial);
    return entry;
  });
  return { crlNumber, entries };
}

function toRow({ serial, issuer, subject, notAfter, file, revocation }: IssuedEntry): object {
  const status = revocation === undefined ? 'valid' : 'revoked';
  const { at, reason } = revocation ?? {};
  return { serial, status, issuer, subject, notAfter: toText(notAfter), file, revokedAt: at && toText(at), reason };
}

function toEntry(row: Readonly<Record<string, unknown>>): IssuedEntry | undefined {
  const { serial, status, issuer, subject, file, reason } = row;
  const notAfter = toTime(row.notAfter);
  const revokedAt = toTime(row.revokedAt);
  if (typeof serial !== 'string' || !/^([0-9A-F]{2})+$/.test(serial)) return undefined;
  if (issuer !== 'root' && issuer !== 'issuing') return undefined;
  if (typeof subject !== 'string' || typeof file !== 'string' || notAfter === undefined) return undefined;
  if (status !== (revokedAt === undefined ? 'valid' : 'revoked')) return undefined;
  if (reason !== undefined && (typeof reason !== 'string' || !CRL_REASONS.includes(reason))) return undefined;
  const revocation = revokedAt === undefined ? undefined : { at: revokedAt, ...(reason !== undefined && { reason }) };
  return { serial, issuer, subject, notAfter, file, ...(revocation && { revocation }) };
}

function parseLine(text: string | undefined, file: string, line: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Said below, with the place.
  }
  throw broken(file, line);
}

function broken(file: string, line: number): StartFault {
  return new StartFault(`${file}:${line}: not a line of an authority’s index; restore the file from a copy`);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function toText(ms: number): string {
  return new Date(ms).toISOString();
}

function toTime(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
