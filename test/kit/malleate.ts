// The same certificate with another signature that is as valid: (r, n - s) for (r, s), which anybody can work out.

import type { CertificateFacts } from '../../src/model/certificate.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { inside, readWhole } from '../../src/x509/der.ts';
import { readPositiveOctets } from '../../src/x509/der-values.ts';
import { bitString, integer, sequence } from '../../src/x509/der-writer.ts';

/** Order of P-256 (SEC 2, 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** For a certificate that a P-256 key has signed. */
export function malleate({ tbs, signature, signatureAlgorithm }: CertificateFacts): CertificateFacts {
  const [r, s] = inside(readWhole(signature, 'signature'), (fields) => [
    readPositiveOctets(fields.read('r')),
    readPositiveOctets(fields.read('s')),
  ]);
  return parseCertificate(
    sequence(tbs, signatureAlgorithm.der, bitString(sequence(integer(toNumber(r)), integer(ORDER - toNumber(s))))),
  );
}

function toNumber(octets: Uint8Array | undefined): bigint {
  return BigInt(`0x${Buffer.from(octets ?? []).toString('hex')}`);
}
