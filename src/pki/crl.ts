// How does an authority withdraw certificates? (RFC 5280 5)

import type { CrlFacts } from '../model/certificate.ts';
import { parseCrl } from '../x509/crl.ts';
import { CRL_REASONS } from '../x509/crl-reasons.ts';
import { TAG } from '../x509/der.ts';
import { context, encode, integer, sequence, sequenceOf, time } from '../x509/der-writer.ts';
import { EXTENSION } from '../x509/extensions.ts';
import type { Authority } from './authority.ts';
import { encodeAuthorityKeyId, encodeCrlNumber, encodeExtension, identifierOf } from './extensions.ts';
import { signStructure } from './signing.ts';

export interface Revocation {
  /** Upper-case hex, as in CertificateFacts. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly revokedAt: number;
  /** RFC 5280 5.3.1 name; left out means unspecified. */
  readonly reason?: string;
}

export interface CrlRequest {
  readonly revoked: readonly Revocation[];
  /** Larger than that of every CRL of the authority before. */
  readonly number: bigint;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

/** A complete CRL, read back. Throws RangeError for a reason nobody knows. */
export function createCrl(issuer: Authority, request: CrlRequest): CrlFacts {
  const authorityKeyId = encodeAuthorityKeyId(identifierOf(issuer.certificate));
  const der = signStructure(issuer.privateKey, (algorithm) =>
    sequence(
      integer(1),
      algorithm,
      issuer.certificate.subject.der,
      time(request.thisUpdate),
      time(request.nextUpdate),
      // RFC 5280 5.1.2.6: no list when nothing is revoked.
      ...(request.revoked.length === 0 ? [] : [sequenceOf(request.revoked.map(encodeRevocation))]),
      context(0, sequence(authorityKeyId, encodeCrlNumber(request.number))),
    ),
  );
  return parseCrl(der);
}

function encodeRevocation({ serial, revokedAt, reason }: Revocation): Uint8Array {
  const extensions = reason === undefined ? [] : [sequence(encodeReason(reason))];
  return sequence(integer(Buffer.from(serial, 'hex')), time(revokedAt), ...extensions);
}

function encodeReason(reason: string): Uint8Array {
  const number = CRL_REASONS.indexOf(reason);
  if (number < 0) throw new RangeError(`unknown revocation reason ${reason}`);
  return encodeExtension(EXTENSION.reasonCode, false, encode(TAG.enumerated, Uint8Array.of(number)));
}
