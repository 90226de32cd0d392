// The one table of header formats: which headers each well-known front end sends, and which of them we can write.

import { FIELDS, type FieldName, type WriteField, writeUnverifiedCertificate } from './fields.ts';
import type { FormatName } from './options.ts';

export interface HeaderRow {
  readonly name: string;
  /** `unverified.base64` is no field of custom headers. Undefined: not written by the format, but stripped. */
  readonly field: FieldName | 'unverified.base64' | undefined;
  readonly write: WriteField | undefined;
}

export interface Format {
  readonly headers: readonly HeaderRow[];
  /**
   * Folded beginnings of names that are stripped: the name itself and all that goes on with a hyphen. Whole families, so
   * that no spelling in use behind another front end, nor a header of a later version of ours, can be sent by a client.
   */
  readonly families: readonly string[];
}

/** The formats without fields are those still to come: they write nothing, but nobody else may write them either. */
export const FORMATS: Readonly<Record<FormatName, Format>> = {
  'x-client': {
    headers: [
      header('X-Client-Verify', 'verify.state'),
      header('X-Client-Subject', 'subject.rfc4514'),
      header('X-Client-Issuer', 'issuer.rfc4514'),
      header('X-Client-Serial', 'serial.hex'),
      header('X-Client-Fingerprint', 'fingerprint.sha256'),
      header('X-Client-Not-Before', 'notBefore.rfc3339'),
      header('X-Client-Not-After', 'notAfter.rfc3339'),
      header('X-Client-San', 'san.list'),
      header('X-Client-Account', 'account.name'),
      { name: 'X-Client-Unverified-Cert', field: 'unverified.base64', write: writeUnverifiedCertificate },
      header('X-Client-Token'),
    ],
    families: ['x-client'],
  },
  // RFC 9440. The chain is off: it easily outgrows what a service takes. `Client-Cert-Chain: chain.rfc9440` turns it on.
  rfc9440: { headers: [header('Client-Cert', 'cert.rfc9440'), header('Client-Cert-Chain')], families: ['client-cert'] },
  // IIS Application Request Routing and Azure App Service.
  arr: { headers: [header('X-ARR-ClientCert', 'cert.base64')], families: ['x-arr'] },
  // CertificateForwardingOptions of ASP.NET Core, and YARP. ANCM sends MS-ASPNETCORE-*.
  aspnetcore: { headers: [header('X-Client-Cert', 'cert.base64')], families: ['x-client-cert', 'ms-aspnetcore'] },
  'iis-vars': {
    headers: [
      'Subject',
      'Issuer',
      'SerialNumber',
      'Flags',
      'Cookie',
      'KeySize',
      'SecretKeySize',
      'Server-Subject',
      'Server-Issuer',
    ].map((variable) => header(`X-Cert-${variable}`)),
    families: ['x-cert', 'cert'],
  },
  // Also the names of OpenShift's router (X-SSL, X-SSL-Client-DN, X-SSL-Issuer) and of Microsoft's samples (X-SSL-CERT).
  nginx: {
    headers: ['Verify', 'S-DN', 'I-DN', 'Serial', 'Fingerprint', 'Cert'].map((part) => header(`X-SSL-Client-${part}`)),
    families: ['x-ssl'],
  },
  // Also Apache's SSL_CLIENT_* where they are sent as headers.
  'ingress-nginx': {
    headers: ['verify', 'subject-dn', 'issuer-dn', 'cert'].map((part) => header(`ssl-client-${part}`)),
    families: ['ssl-client'],
  },
  xfcc: { headers: [header('X-Forwarded-Client-Cert')], families: ['x-forwarded-client-cert'] },
  traefik: {
    headers: [header('X-Forwarded-Tls-Client-Cert'), header('X-Forwarded-Tls-Client-Cert-Info')],
    families: ['x-forwarded-tls-client-cert'],
  },
  alb: {
    headers: ['', '-Serial-Number', '-Issuer', '-Subject', '-Validity', '-Leaf'].map((part) =>
      header(`X-Amzn-Mtls-Clientcert${part}`),
    ),
    families: ['x-amzn-mtls'],
  },
  appgw: {
    headers: ['', '-End-Date', '-Fingerprint', '-Issuer', '-Serial', '-Start-Date', '-Subject', '-Verification'].map(
      (part) => header(`X-Client-Certificate${part}`),
    ),
    families: ['x-client-certificate', 'client-certificate'],
  },
};

function header(name: string, field?: FieldName): HeaderRow {
  return { name, field, write: field === undefined ? undefined : FIELDS[field].write };
}
