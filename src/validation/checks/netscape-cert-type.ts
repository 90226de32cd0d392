// Does what came before the extended key usage limit it to something else?

import { expectTag, readWhole, TAG } from '../../x509/der.ts';
import { readNamedBits } from '../../x509/der-values.ts';
import { Malformed } from '../../x509/malformed.ts';
import type { Check } from '../place.ts';

/** netscape-cert-type. No RFC has it; OpenSSL heeds it, critical or not, and what gate 1 refuses shall not depend on it alone. */
const NETSCAPE_CERT_TYPE = '2.16.840.1.113730.1.1';

/** Bit numbers. */
const SSL_CLIENT = 0;
const SSL_CA = 5;

export const checkNetscapeCertType: Check = ({ certificate, role, purposes }) => {
  // Where no purpose is asked for, none is missing.
  if (purposes.includes('any')) return undefined;
  const found = certificate.extensions.find(({ oid }) => oid === NETSCAPE_CERT_TYPE);
  if (found === undefined) return undefined;
  const wanted = role === 'leaf' ? SSL_CLIENT : SSL_CA;
  return readBits(found.value).includes(wanted)
    ? undefined
    : { code: 'certificate-usage', note: `the netscape-cert-type lacks ${role === 'leaf' ? 'sslClient' : 'sslCA'}` };
};

/** Nothing where it cannot be read: then it allows nothing. */
function readBits(value: Uint8Array): readonly number[] {
  try {
    return readNamedBits(expectTag(readWhole(value, 'netscape-cert-type'), TAG.bitString));
  } catch (error) {
    if (error instanceof Malformed) return [];
    throw error;
  }
}
