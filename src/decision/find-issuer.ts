// Who has issued a certificate, and which authority does a name mean? Among those that the trust stores know.

import type { Cell } from '../directory/import-cells.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import { foldAscii } from '../model/text.ts';
import { authoritiesOf, type TrustStore } from '../trust/trust-store.ts';
import type { ValidationOptions } from '../validation/options.ts';
import { validatePath } from '../validation/validate.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { checkSignature } from '../x509/signature.ts';
import { isNamed, parseWindowsName } from '../x509/windows-name.ts';

export interface FoundIssuer {
  /** SHA-256 of its key. */
  readonly key: string;
  readonly name: string;
}

export interface IssuerInput {
  readonly leaf: CertificateFacts;
  /** What the client sends behind it: helps to build paths, and is trusted for nothing. */
  readonly presented: readonly CertificateFacts[];
  readonly trustStores: readonly TrustStore[];
  readonly validation: ValidationOptions;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface IssuerResult {
  readonly issuer: FoundIssuer | undefined;
  /** Why no trust store accepts the certificate now; undefined where one does. */
  readonly refusal: Refusal | undefined;
}

/** The issuer in a verified path, now or when the certificate was last valid; else whoever has signed it. */
export function findIssuer({ leaf, presented, trustStores, validation, now }: IssuerInput): IssuerResult {
  const name = formatRfc4514(leaf.issuer);
  const validateAt = (at: number) =>
    trustStores.map(({ anchors, intermediates }) =>
      validatePath({ leaf, presented, anchors, intermediates, at, options: validation }),
    );
  const today = validateAt(now);
  const refusals = today.flatMap((result) => (result.ok ? [] : [result.refusal]));
  const isAccepted = refusals.length < today.length;
  const telling = refusals.find(({ code }) => code !== 'certificate-untrusted') ?? refusals[0];
  const refusal = isAccepted ? undefined : telling;
  const paths = [...today, ...validateAt(leaf.notAfter)].flatMap((result) => (result.ok ? [result.path] : []));
  const [path] = paths;
  // Without an issuer the leaf is itself an anchor.
  if (path !== undefined) return { issuer: { key: (path[1] ?? leaf).publicKey.spkiHash, name }, refusal };
  const signer = trustStores.flatMap(authoritiesOf).find((authority) => isIssuedBy(leaf, authority));
  return { issuer: signer && { key: signer.publicKey.spkiHash, name }, refusal };
}

export function isIssuedBy(leaf: CertificateFacts, authority: CertificateFacts): boolean {
  return leaf.issuer.matchKey === authority.subject.matchKey && checkSignature(leaf, authority.publicKey) === undefined;
}

/** Finds the one authority that has the whole name, from either end, in the form of RFC 4514 or of Windows. */
export function createIssuerLookUp(trustStores: readonly TrustStore[]): (name: string) => Cell<FoundIssuer> {
  const authorities = trustStores.flatMap(authoritiesOf);
  const known = new Map<string, Cell<FoundIssuer>>();
  return (name) => {
    const found = known.get(name) ?? lookUp(name, authorities);
    known.set(name, found);
    return found;
  };
}

function lookUp(text: string, authorities: readonly CertificateFacts[]): Cell<FoundIssuer> {
  const parsed = parseWindowsName(text);
  const orders = parsed === undefined ? [] : [parsed, parsed.toReversed()];
  const wanted = fold(text);
  const named = authorities.filter(
    ({ subject }) =>
      fold(formatRfc4514(subject)) === wanted || orders.some((order) => isNamed(subject, order, foldAscii)),
  );
  const keys = new Set(named.map(({ publicKey }) => publicKey.spkiHash));
  const [first] = named;
  if (first !== undefined && keys.size === 1) {
    return { value: { key: first.publicKey.spkiHash, name: formatRfc4514(first.subject) } };
  }
  if (keys.size > 1) return { flaw: `${keys.size} authorities have this name; tell them apart by their keys` };
  const names = [...new Set(authorities.map(({ subject }) => formatRfc4514(subject)))];
  return { flaw: `no authority of the trust stores has this name; there are ${names.join(' and ')}` };
}

/** Case, and spaces around what separates, do not matter. */
function fold(name: string): string {
  return foldAscii(name.trim()).replace(/\s*([=,+])\s*/g, '$1');
}

/** What the authorities of the trust stores are called, by the SHA-256 of their keys. */
export function namesByKey(trustStores: readonly TrustStore[]): ReadonlyMap<string, string> {
  const authorities = trustStores.flatMap(authoritiesOf);
  return new Map(authorities.map(({ publicKey, subject }) => [publicKey.spkiHash, formatRfc4514(subject)]));
}
