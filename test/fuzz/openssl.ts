// Does OpenSSL read the same from a certificate that we accept? It may refuse what we accept, and that is noted.

import { X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../../src/model/certificate.ts';
import { encodePem } from '../../src/x509/pem.ts';
import { mustBe, shapeOf } from './target.ts';

/** What OpenSSL says of certificates that we accept and it does not, with the first of each. */
export type Disagreements = Map<string, Uint8Array>;

export function compareWithOpenssl(facts: CertificateFacts, disagreements: Disagreements): void {
  let theirs: X509Certificate;
  try {
    // As PEM, for of DER it would say only that it is no PEM either.
    theirs = new X509Certificate(encodePem('CERTIFICATE', facts.der));
  } catch (error) {
    note(disagreements, shapeOf(String(error)), facts);
    return;
  }
  mustBe(theirs.serialNumber === facts.serial, 'OpenSSL reads the same serial number', () => theirs.serialNumber);
  compareDate(theirs.validFromDate, facts.notBefore, 'OpenSSL reads the same notBefore');
  compareDate(theirs.validToDate, facts.notAfter, 'OpenSSL reads the same notAfter');
  const names = facts.known.subjectAltNames?.length ?? 0;
  const text = theirs.subjectAltName;
  if (text === undefined && names > 0) note(disagreements, 'no subjectAltName', facts);
  else mustBe(countNames(text) === names, 'OpenSSL reads as many names', () => `${text} and not ${names}`);
}

function compareDate(theirs: Date, ours: number, rule: string): void {
  mustBe(theirs.getTime() === ours, rule, () => `${theirs.getTime()} and not ${ours}`);
}

function note(disagreements: Disagreements, what: string, { der }: CertificateFacts): void {
  if (!disagreements.has(what)) disagreements.set(what, der);
}

/** Entries are separated by commas; a value with one in it is a JSON string. */
function countNames(text: string | undefined): number {
  if (text === undefined) return 0;
  return text.replace(/"(\\.|[^"\\])*"/g, '').split(', ').length;
}
