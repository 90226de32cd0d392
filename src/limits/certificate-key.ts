// Which certificates are one client? Those of one private key: that it has the key was shown in the handshake, while any of
// the other bytes may be changed by whoever signs for himself, and some by every holder (design rule 11).

import { hash } from 'node:crypto';
import { derOf, Reader, readWhole, TAG } from '../x509/der.ts';
import { Malformed } from '../x509/malformed.ts';

/** Before the key (RFC 5280 4.1): serial number, algorithm, issuer, validity, subject. */
const FIELDS_BEFORE = 5;

/** By the array, which is the same on many connections of a client. */
const known = new WeakMap<Uint8Array, string>();

/** Reads no more than it must: it is done before anything is known of the certificate. */
export function certificateKey(der: Uint8Array): string {
  let key = known.get(der);
  if (key === undefined) {
    key = hash('sha256', publicKeyOf(der), 'base64');
    known.set(der, key);
  }
  return key;
}

function publicKeyOf(der: Uint8Array): Uint8Array {
  try {
    const whole = readWhole(der, 'certificate', TAG.sequence);
    const certificate = new Reader(whole.bytes, whole.contentStart, whole.end, 'certificate');
    const tbs = certificate.read('tbs', TAG.sequence);
    const fields = new Reader(tbs.bytes, tbs.contentStart, tbs.end, 'tbs');
    fields.readOptional('version', 0xa0);
    for (let index = 0; index < FIELDS_BEFORE; index++) fields.read('field');
    return derOf(fields.read('publicKey', TAG.sequence));
  } catch (fault) {
    if (fault instanceof Malformed) return der;
    throw fault;
  }
}
