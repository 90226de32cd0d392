// What is a field: one fact about a client in one encoding?

import type { CertificateFacts } from '../model/certificate.ts';
import type { Identity, Unverified } from '../model/identity.ts';

/** Whom a request comes from; never both. */
export interface Passed {
  readonly identity: Identity | undefined;
  readonly unverified: Unverified | undefined;
}

/** Stands for a text longer than the limit. A value is never cut short: a part of a list would be another identity. */
export const OVERSIZE = Symbol('oversize');

/** Undefined: there is nothing to write, and the header is not sent. */
export type FieldValue = string | undefined | typeof OVERSIZE;

/** `maxBytes`: past it the writing of lists may stop with OVERSIZE; the sum over all headers is the caller's to check. */
export type WriteField = (passed: Passed, maxBytes: number) => FieldValue;

export interface Field {
  /** One line for the manual. */
  readonly meaning: string;
  readonly write: WriteField;
}

/** A field of verified clients only. */
export function ofIdentity(meaning: string, write: (identity: Identity, maxBytes: number) => FieldValue): Field {
  return {
    meaning,
    write: ({ identity }, maxBytes) => (identity === undefined ? undefined : write(identity, maxBytes)),
  };
}

/** A field of the verified client's certificate. */
export function ofCertificate(meaning: string, write: (leaf: CertificateFacts, maxBytes: number) => FieldValue): Field {
  return ofIdentity(meaning, ({ certificate }, maxBytes) => write(certificate, maxBytes));
}

/** A field of the verified path without its anchor, leaf first; of a lone anchor, that one. */
export function ofChain(
  meaning: string,
  write: (chain: readonly CertificateFacts[], maxBytes: number) => FieldValue,
): Field {
  return ofIdentity(meaning, ({ certificate, path }, maxBytes) => write([certificate, ...path.slice(1, -1)], maxBytes));
}

/** What each item is written as, those left out that have no text; undefined where none has. */
export function joinWithin<T>(
  items: readonly T[],
  writeItem: (item: T) => string | undefined,
  separator: string,
  maxBytes: number,
): FieldValue {
  let text: string | undefined;
  for (const item of items) {
    const written = writeItem(item);
    if (written === undefined) continue;
    text = text === undefined ? written : text + separator + written;
    if (text.length > maxBytes) return OVERSIZE;
  }
  return text;
}
