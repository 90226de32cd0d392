// What may an import say of a client? The fields, by the names that CSV and JSON have for them.

/** One account, with one of its certificates or none. */
export interface RawRow {
  /** From 1, where it begins. */
  readonly line: number;
  /** What was said; an empty text says that there is none. */
  readonly texts: Readonly<Partial<Record<Field, string>>>;
  readonly roles: readonly string[] | undefined;
}

export interface ImportProblem {
  /** From 1; undefined: the file as a whole. */
  readonly line: number | undefined;
  /** As the file calls it. */
  readonly column?: string | undefined;
  readonly message: string;
}

/** By the names of JSON; those of CSV are the same in small letters with underscores. */
export const ACCOUNT_FIELDS = [
  'account',
  'displayName',
  'kind',
  'roles',
  'validFrom',
  'validUntil',
  'enabled',
  'notes',
] as const;

export const CERTIFICATE_FIELDS = ['issuer', 'issuerKey', 'serial', 'spki', 'tbs', 'fingerprint', 'label'] as const;

export const FIELDS = [...ACCOUNT_FIELDS, ...CERTIFICATE_FIELDS];
export type Field = (typeof FIELDS)[number];

/** `valid_from` for `validFrom`. */
export function columnOf(field: Field): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Twice the largest import (MAX_CHANGES) with 250 bytes for each line. */
export const MAX_IMPORT_BYTES = 128 * 1024 * 1024;
