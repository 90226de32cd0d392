// The one table of header formats: which headers does each well-known front end send?

import type { WriteField } from './field.ts';
import { FIELDS, type FieldName, writeUnverifiedCertificate } from './fields.ts';
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
  // The CERT_* variables of IIS. The last four tell of the connection and of the server, not of the client.
  'iis-vars': {
    headers: [
      header('X-Cert-Subject', 'subject.iis'),
      header('X-Cert-Issuer', 'issuer.iis'),
      header('X-Cert-SerialNumber', 'serial.hyphen'),
      header('X-Cert-Flags', 'flags.iis'),
      header('X-Cert-Cookie', 'fingerprint.sha256'),
      header('X-Cert-KeySize'),
      header('X-Cert-SecretKeySize'),
      header('X-Cert-Server-Subject'),
      header('X-Cert-Server-Issuer'),
    ],
    families: ['x-cert', 'cert'],
  },
  // Also the names of OpenShift's router (X-SSL, X-SSL-Client-DN, X-SSL-Issuer) and of Microsoft's samples (X-SSL-CERT).
  nginx: {
    headers: [
      header('X-SSL-Client-Verify', 'verify.nginx'),
      header('X-SSL-Client-S-DN', 'subject.openssl'),
      header('X-SSL-Client-I-DN', 'issuer.openssl'),
      header('X-SSL-Client-Serial', 'serial.hex'),
      header('X-SSL-Client-Fingerprint', 'fingerprint.sha1-lower'),
      header('X-SSL-Client-Cert', 'cert.pem-url'),
    ],
    families: ['x-ssl'],
  },
  // Also Apache's SSL_CLIENT_* where they are sent as headers.
  'ingress-nginx': {
    headers: [
      header('ssl-client-verify', 'verify.nginx'),
      header('ssl-client-subject-dn', 'subject.openssl'),
      header('ssl-client-issuer-dn', 'issuer.openssl'),
      header('ssl-client-cert', 'cert.pem-url'),
    ],
    families: ['ssl-client'],
  },
  xfcc: { headers: [header('X-Forwarded-Client-Cert', 'cert.xfcc')], families: ['x-forwarded-client-cert'] },
  traefik: {
    headers: [
      header('X-Forwarded-Tls-Client-Cert', 'cert.base64'),
      header('X-Forwarded-Tls-Client-Cert-Info', 'cert.traefik-info'),
    ],
    families: ['x-forwarded-tls-client-cert'],
  },
  // What an AWS load balancer sends that verifies. One that passes through sends X-Amzn-Mtls-Clientcert alone.
  alb: {
    headers: [
      header('X-Amzn-Mtls-Clientcert'),
      header('X-Amzn-Mtls-Clientcert-Serial-Number', 'serial.hex'),
      header('X-Amzn-Mtls-Clientcert-Issuer', 'issuer.openssl'),
      header('X-Amzn-Mtls-Clientcert-Subject', 'subject.openssl'),
      header('X-Amzn-Mtls-Clientcert-Validity', 'validity.aws'),
      header('X-Amzn-Mtls-Clientcert-Leaf', 'cert.pem-aws'),
    ],
    families: ['x-amzn-mtls'],
  },
  // The variables of Azure Application Gateway, which are nginx's, under the names that rewrite rules commonly give them.
  appgw: {
    headers: [
      header('X-Client-Certificate', 'cert.pem-url'),
      header('X-Client-Certificate-End-Date', 'notAfter.openssl'),
      header('X-Client-Certificate-Fingerprint', 'fingerprint.sha1-lower'),
      header('X-Client-Certificate-Issuer', 'issuer.openssl'),
      header('X-Client-Certificate-Serial', 'serial.hex'),
      header('X-Client-Certificate-Start-Date', 'notBefore.openssl'),
      header('X-Client-Certificate-Subject', 'subject.openssl'),
      header('X-Client-Certificate-Verification', 'verify.nginx'),
    ],
    families: ['x-client-certificate', 'client-certificate'],
  },
};

function header(name: string, field?: FieldName): HeaderRow {
  return { name, field, write: field === undefined ? undefined : FIELDS[field].write };
}
