// How is a responder asked about one certificate? OCSPRequest (RFC 6960 4.1), in the small profile of RFC 5019 2.1.

import type { OcspCertId } from '../model/ocsp.ts';
import { context, integer, nullValue, octetString, oid, sequence } from './der-writer.ts';

/** id-pkix-ocsp-nonce (RFC 8954 2.1). */
export const OCSP_NONCE = '1.3.6.1.5.5.7.48.1.2';

export interface OcspRequest {
  /** Its serial must be known. */
  readonly certId: OcspCertId;
  /** 1 to 32 octets (RFC 8954 2.1), 32 as a rule. Left out, any answer made in advance may be given. */
  readonly nonce?: Uint8Array;
}

/** DER, unsigned. */
export function writeOcspRequest({ certId, nonce }: OcspRequest): Uint8Array {
  const requestList = sequence(sequence(writeCertId(certId)));
  const extensions = nonce === undefined ? [] : [context(2, sequence(writeNonce(nonce)))];
  return sequence(sequence(requestList, ...extensions));
}

/** extnValue of the nonce extension: what an answer must repeat. */
export function nonceValue(nonce: Uint8Array): Uint8Array {
  return octetString(nonce);
}

/** NULL parameters, as every other client writes them and simple responders compare them. */
export function writeCertId({ hashAlgorithm, issuerNameHash, issuerKeyHash, serial }: OcspCertId): Uint8Array {
  if (serial === undefined) throw new RangeError('a certificate without a serial number cannot be asked for');
  return sequence(
    sequence(oid(hashAlgorithm), nullValue()),
    octetString(Buffer.from(issuerNameHash, 'hex')),
    octetString(Buffer.from(issuerKeyHash, 'hex')),
    integer(Buffer.from(serial, 'hex')),
  );
}

function writeNonce(nonce: Uint8Array): Uint8Array {
  return sequence(oid(OCSP_NONCE), octetString(nonceValue(nonce)));
}
