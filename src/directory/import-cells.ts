// What do people write for a serial number, a digest, a date or roles? The texts of imports and of the command line.

import type { ClientKind } from '../model/client.ts';
import { canonicalFingerprint, canonicalSerial } from '../model/text.ts';

export type Cell<T> = { readonly value: T } | { readonly flaw: string };

export function readSerial(text: string): Cell<string> {
  const value = canonicalSerial(text);
  if (value !== undefined) return { value };
  return { flaw: 'expected hexadecimal digits such as 0A1B2C, or decimal: or reversed: in front' };
}

/** SHA-256 as 64 lower-case digits. */
export function readDigest(text: string): Cell<string> {
  const value = canonicalFingerprint(text);
  if (value !== undefined) return { value };
  const isSha1 = /^[0-9a-f]{40}$/i.test(text.replace(/[^0-9a-f]/gi, ''));
  return {
    flaw: isSha1
      ? 'a SHA-1 thumbprint, which can be forged; expected SHA-256'
      : 'expected 64 hexadecimal digits (SHA-256)',
  };
}

const KINDS: readonly ClientKind[] = ['person', 'app', 'device'];

export function readKind(text: string): Cell<ClientKind> {
  const value = KINDS.find((kind) => kind === text.trim().toLowerCase());
  return value === undefined ? { flaw: `expected ${KINDS.join(', ')}` } : { value };
}

/** Spreadsheets write TRUE and FALSE. */
export function readEnabled(text: string): Cell<boolean> {
  switch (text.trim().toLowerCase()) {
    case 'true':
    case 'yes':
    case '1':
      return { value: true };
    case 'false':
    case 'no':
    case '0':
      return { value: false };
    default:
      return { flaw: 'expected true or false' };
  }
}

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2}))?$/i;

/** RFC 3339 to milliseconds. A date alone is a day in UTC: its first moment as a beginning, its last one as an end. */
export function readMoment(text: string, as: 'from' | 'until'): Cell<number> {
  const flaw = { flaw: 'expected a date such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z' };
  const [whole, year, month, day, time] = MOMENT.exec(text.trim()) ?? [];
  if (whole === undefined) return flaw;
  // Date.parse takes 31 February for a day in March.
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (midnight.getUTCMonth() + 1 !== Number(month) || midnight.getUTCDate() !== Number(day)) return flaw;
  const value = Date.parse(time === undefined ? `${whole}T${as === 'from' ? '00:00:00.000' : '23:59:59.999'}Z` : whole);
  return Number.isNaN(value) ? flaw : { value };
}

/** `ops|night shift`; a backslash takes the next character literally. */
export function splitRoles(text: string): readonly string[] {
  const parts = text.match(/(?:[^|\\]|\\.|\\$)+/gs) ?? [];
  return parts.map((part) => part.replace(/\\(.)/gs, '$1'));
}

export function joinRoles(roles: readonly string[]): string {
  return roles.map((role) => role.replace(/[|\\]/g, '\\$&')).join('|');
}
