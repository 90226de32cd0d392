// What may a client come with? A sound certificate, the same one with one defect, and claims that are not its to make.

import type { KeyObject } from 'node:crypto';
import type { ReasonCode } from '../../src/model/reasons.ts';
import type { TestPki } from './gateway.ts';
import { PURPOSE, type TestCertificate } from './pki.ts';

export interface Defect {
  readonly name: string;
  readonly code: ReasonCode;
  /** The check that finds it. */
  readonly check: string;
  /** Name and key as in `soundClient`. */
  make(pki: TestPki, key: KeyObject): TestCertificate;
}

/** What the revoked client has; for the list of the issuing authority. */
export const REVOKED_SERIAL = '4D5E6F';

const HOUR_MS = 3_600_000;
const NAME = 'alice';

export function soundClient({ issuing }: TestPki, key: KeyObject): TestCertificate {
  return issuing.client({ cn: NAME, key });
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'expired',
    code: 'certificate-expired',
    check: 'validity',
    make: ({ issuing }, key) => issuing.client({ cn: NAME, key, notAfter: Date.now() - HOUR_MS / 2 }),
  },
  {
    name: 'not yet valid',
    code: 'certificate-not-yet-valid',
    check: 'validity',
    make: ({ issuing }, key) => issuing.client({ cn: NAME, key, notBefore: Date.now() + HOUR_MS }),
  },
  {
    name: 'of a foreign authority',
    code: 'certificate-untrusted',
    check: 'issuer',
    make: ({ foreign }, key) => foreign.client({ cn: NAME, key }),
  },
  {
    name: 'of a foreign authority with the name of ours',
    code: 'certificate-invalid',
    check: 'signature',
    make: ({ issuing, foreign }, key) => issuing.client({ cn: NAME, key, signWith: foreign.key }),
  },
  {
    name: 'for servers only',
    code: 'certificate-usage',
    check: 'extended-key-usage',
    make: ({ issuing }, key) => issuing.client({ cn: NAME, key, eku: [PURPOSE.serverAuth] }),
  },
  {
    name: 'revoked',
    code: 'certificate-revoked',
    check: 'revocation',
    make: ({ issuing }, key) => issuing.client({ cn: NAME, key, serial: REVOKED_SERIAL }),
  },
  {
    name: 'issued by another client',
    code: 'certificate-invalid',
    check: 'basic-constraints',
    make: ({ issuing }, key) => issuing.client({ cn: 'mallory' }).client({ cn: NAME, key }),
  },
  {
    name: 'with an unknown critical extension',
    code: 'certificate-invalid',
    check: 'critical-extensions',
    make: ({ issuing }, key) =>
      issuing.client({
        cn: NAME,
        key,
        extensions: [{ oid: '1.3.6.1.4.1.99999.1', critical: true, value: Buffer.of(5, 0) }],
      }),
  },
  {
    name: 'with a malformed critical extension',
    code: 'certificate-invalid',
    check: 'encoding',
    make: ({ issuing }, key) =>
      issuing.client({
        cn: NAME,
        key,
        ca: null,
        extensions: [{ oid: '2.5.29.19', critical: true, value: Buffer.of(48, 3, 1) }],
      }),
  },
];

/** Identity headers of several formats, in spellings that upstreams take for the same. */
export const SPOOFED: Readonly<Record<string, string>> = {
  'X-Client-Verify': 'SUCCESS',
  x_client_subject: 'CN=admin',
  'X-Client-Unverified-Cert': 'AAAA',
  'X-ARR-ClientCert': 'AAAA',
  'Client-Cert': ':AAAA:',
  'X-SSL-Client-Verify': 'SUCCESS',
};

/** What format `x-client` says of one that failed, under `forward-unverified`. */
export function writeUnverified({ der }: Pick<TestCertificate, 'der'>, code: ReasonCode): string[] {
  const base64 = Buffer.from(der).toString('base64');
  return ['X-Client-Verify', `FAILED:${code}`, 'X-Client-Unverified-Cert', base64];
}
