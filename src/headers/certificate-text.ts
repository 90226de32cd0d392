// How does a whole certificate become one line of printable ASCII?

import type { CertificateFacts } from '../model/certificate.ts';
import { encodePem } from '../x509/pem.ts';

export function writeBase64(der: Uint8Array): string {
  return Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
}

/** A byte sequence of structured fields (RFC 9651 3.3.5). */
export function writeByteSequence(der: Uint8Array): string {
  return `:${writeBase64(der)}:`;
}

/** PEM with every byte encoded that is no letter, digit or hyphen: what nginx and Envoy send. */
export function writePemUrl({ der }: CertificateFacts): string {
  return encodeURIComponent(encodePem('CERTIFICATE', der));
}

/** The same with `+`, `=` and `/` as they are: what AWS sends. */
export function writePemAws({ der }: CertificateFacts): string {
  return encodeURI(encodePem('CERTIFICATE', der));
}
