// How is a certificate written and signed?

import { type KeyObject, randomBytes } from 'node:crypto';
import type { CertificateFacts } from '../model/certificate.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { context, integer, sequence, time } from '../x509/der-writer.ts';
import { exportSpki, signStructure } from './signing.ts';

export interface CertificateDraft {
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Milliseconds since the epoch, both ends inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The subject's key, private or public. */
  readonly subjectKey: KeyObject;
  /** DER of each. */
  readonly extensions: readonly Uint8Array[];
  readonly signingKey: KeyObject;
}

/** A version 3 certificate with a random serial number, read back: what the reader finds Malformed is never handed out. */
export function writeCertificate(draft: CertificateDraft): CertificateFacts {
  const der = signStructure(draft.signingKey, (algorithm) =>
    sequence(
      context(0, integer(2)),
      integer(randomSerial()),
      algorithm,
      draft.issuer,
      sequence(time(draft.notBefore), time(draft.notAfter)),
      draft.subject,
      exportSpki(draft.subjectKey),
      context(3, sequence(...draft.extensions)),
    ),
  );
  return parseCertificate(der);
}

/** 126 random bits in 16 octets, positive and never short (RFC 5280 4.1.2.2; the CA/Browser Forum asks for 64 bits). */
function randomSerial(): Uint8Array {
  const octets = randomBytes(16);
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40;
  return octets;
}
