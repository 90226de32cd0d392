// Which identity did an upstream see, and which should it have seen?

import { createHash } from 'node:crypto';
import type { TestCertificate } from './pki.ts';
import type { Received } from './upstream.ts';

/** Written down here once more, and not taken from the gateway: what upstreams take for an identity, folded. */
const IDENTITY =
  /^(x-client|x-client-cert|client-cert|client-certificate|x-client-certificate|x-arr|ms-aspnetcore|x-cert|cert|x-ssl|ssl-client|x-forwarded-client-cert|x-forwarded-tls-client-cert|x-amzn-mtls|x-pomerium|x-user|x-dn)(-|$)/;

/** Every field that some upstream may take for an identity, flat and as it stood on the wire; trailers too. */
export function identityHeadersOf({ rawHeaders, trailers }: Pick<Received, 'rawHeaders' | 'trailers'>): string[] {
  const all = [...rawHeaders, ...trailers];
  return all.filter((_, index) => IDENTITY.test(fold(all[index - (index % 2)] ?? '')));
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

export const NOBODY: readonly string[] = ['X-Client-Verify', 'NONE'];

/** What format `x-client` says of a certificate with these names and without alternative names. */
export function writeIdentity(certificate: TestCertificate, subject: string, issuer = 'CN=Test Issuing'): string[] {
  const { serial, notBefore, notAfter } = certificate.facts;
  const instant = (time: number) => new Date(time).toISOString().replace('.000', '');
  return [
    ...['X-Client-Verify', 'SUCCESS'],
    ...['X-Client-Subject', subject],
    ...['X-Client-Issuer', issuer],
    ...['X-Client-Serial', serial],
    ...['X-Client-Fingerprint', createHash('sha256').update(certificate.der).digest('hex')],
    ...['X-Client-Not-Before', instant(notBefore)],
    ...['X-Client-Not-After', instant(notAfter)],
  ];
}
