// What do tests make OCSP responses with? Sound by default, and each part of one can be broken alone.

import type { KeyObject } from 'node:crypto';
import type { OcspCertId, OcspResponseFacts } from '../../src/model/ocsp.ts';
import { encodeExtension } from '../../src/pki/extensions.ts';
import { CRL_REASONS } from '../../src/x509/crl-reasons.ts';
import { TAG } from '../../src/x509/der.ts';
import { bitString, context, encode, nullValue, octetString, oid, sequence } from '../../src/x509/der-writer.ts';
import { type CertIdHash, certIdOf, hashKeyBits } from '../../src/x509/ocsp-cert-id.ts';
import { OCSP_NONCE, writeCertId } from '../../src/x509/ocsp-request.ts';
import { parseOcspResponse } from '../../src/x509/ocsp-response.ts';
import {
  type CertificateOptions,
  encodeTestName,
  TestCertificate,
  type TestExtension,
  type TestHash,
  type TestName,
} from './pki.ts';
import { algorithmOf } from './pki-bytes.ts';

export const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
const BASIC = '1.3.6.1.5.5.7.48.1.1';
const HOUR_MS = 3_600_000;

export interface SingleOptions {
  /** Of which it speaks; under its own issuer unless another is given. */
  readonly issuer?: TestCertificate;
  readonly hash?: CertIdHash;
  /** Parts of the CertID that are not what they should be. */
  readonly certId?: Partial<OcspCertId>;
  readonly status?: 'good' | 'unknown' | { readonly revokedAt: number; readonly reason?: string };
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  readonly extensions?: readonly TestExtension[];
}

export interface OcspOptions extends SingleOptions {
  /** Instead of the issuer itself. It is sent along, unless `certificates` says otherwise. */
  readonly signer?: TestCertificate;
  readonly certificates?: readonly (TestCertificate | Uint8Array)[];
  readonly responderId?: 'name' | 'key' | { readonly name: TestName };
  readonly producedAt?: number;
  /** Beside or, where `alone` is set, instead of the one about the certificate. */
  readonly others?: readonly (readonly [TestCertificate, SingleOptions])[];
  readonly alone?: boolean;
  readonly responseExtensions?: readonly TestExtension[];
  readonly nonce?: Uint8Array;
  readonly responseType?: string;
  readonly signatureHash?: TestHash;
  /** Signs instead of the signer's key. */
  readonly signWith?: KeyObject;
}

/** A delegated responder of an authority: sound unless the options say otherwise. */
export function makeResponder(issuer: TestCertificate, options: CertificateOptions = {}): TestCertificate {
  return new TestCertificate(issuer, {
    name: 'Test Responder',
    ca: false,
    keyUsage: ['digitalSignature'],
    eku: [OCSP_SIGNING],
    ...options,
  });
}

/** The extension id-pkix-ocsp-nocheck. */
export const NO_CHECK: TestExtension = { oid: '1.3.6.1.5.5.7.48.1.5', value: nullValue() };

/** DER of a response about a certificate. */
export function writeOcspResponse(certificate: TestCertificate, options: OcspOptions = {}): Uint8Array {
  const issuer = options.issuer ?? (certificate.issuers[0] as TestCertificate);
  const signer = options.signer ?? issuer;
  const certificates = options.certificates ?? (signer === issuer ? [] : [signer]);
  const tbs = encodeData(certificate, signer, options);
  const algorithm = algorithmOf(options.signWith ?? signer.key, options.signatureHash);
  const bag = certificates.map((each) => ('der' in each ? each.der : each));
  const basic = sequence(
    tbs,
    algorithm.der,
    bitString(algorithm.sign(tbs)),
    ...(bag.length === 0 ? [] : [context(0, sequence(...bag))]),
  );
  return sequence(
    encode(TAG.enumerated, Uint8Array.of(0)),
    context(0, sequence(oid(options.responseType ?? BASIC), octetString(basic))),
  );
}

export function makeOcspFacts(certificate: TestCertificate, options: OcspOptions = {}): OcspResponseFacts {
  return parseOcspResponse(writeOcspResponse(certificate, options));
}

/** A response that is a status and nothing more. */
export function writeOcspStatus(number: number): Uint8Array {
  return sequence(encode(TAG.enumerated, Uint8Array.of(number)));
}

export function generalizedTime(ms: number): Uint8Array {
  return encode(TAG.generalizedTime, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\..*$/g, '')}Z`));
}

function encodeData(certificate: TestCertificate, signer: TestCertificate, options: OcspOptions): Uint8Array {
  const { alone = false, others = [], nonce, responseExtensions = [] } = options;
  const singles = [...(alone ? [] : [[certificate, options] as const]), ...others];
  const nonceExtension = nonce === undefined ? [] : [{ oid: OCSP_NONCE, value: octetString(nonce) }];
  return sequence(
    encodeResponderId(signer, options.responderId ?? 'name'),
    generalizedTime(options.producedAt ?? Date.now()),
    sequence(...singles.map(([about, single]) => encodeSingle(about, single))),
    ...encodeExtensions([...nonceExtension, ...responseExtensions]),
  );
}

function encodeResponderId(signer: TestCertificate, form: NonNullable<OcspOptions['responderId']>): Uint8Array {
  if (form === 'name') return context(1, signer.subjectName);
  if (form !== 'key') return context(1, encodeTestName(form.name));
  return context(2, octetString(Buffer.from(hashKeyBits(signer.facts.publicKey, 'sha1'), 'hex')));
}

function encodeSingle(certificate: TestCertificate, options: SingleOptions): Uint8Array {
  const issuer = options.issuer ?? (certificate.issuers[0] as TestCertificate);
  const certId = { ...certIdOf(certificate.facts, issuer.facts, options.hash ?? 'sha1'), ...options.certId };
  const { nextUpdate = Date.now() + 24 * HOUR_MS } = options;
  return sequence(
    writeCertId(certId),
    encodeStatus(options.status ?? 'good'),
    generalizedTime(options.thisUpdate ?? Date.now()),
    ...(nextUpdate === null ? [] : [context(0, generalizedTime(nextUpdate))]),
    ...encodeExtensions(options.extensions ?? []),
  );
}

function encodeStatus(status: NonNullable<SingleOptions['status']>): Uint8Array {
  if (status === 'good') return encode(0x80);
  if (status === 'unknown') return encode(0x82);
  const { revokedAt, reason } = status;
  const code = encode(TAG.enumerated, Uint8Array.of(CRL_REASONS.indexOf(reason)));
  return context(1, generalizedTime(revokedAt), ...(reason === undefined ? [] : [context(0, code)]));
}

function encodeExtensions(extensions: readonly TestExtension[]): Uint8Array[] {
  if (extensions.length === 0) return [];
  const encoded = extensions.map(({ oid: type, critical, value }) => encodeExtension(type, critical ?? false, value));
  return [context(1, sequence(...encoded))];
}
