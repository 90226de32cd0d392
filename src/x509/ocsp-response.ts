// What does this OCSP response say, and who signed it with what? (RFC 6960 4.2)

import type { CertificateFacts, Extension } from '../model/certificate.ts';
import type {
  BasicOcspResponse,
  OcspCertId,
  OcspCertStatus,
  OcspResponderId,
  OcspResponseFacts,
  OcspSingleResponse,
  OcspStatus,
} from '../model/ocsp.ts';
import { readAlgorithm } from './algorithm.ts';
import { parseCertificate } from './certificate.ts';
import { CRL_REASONS } from './crl-reasons.ts';
import { contentOf, derOf, type Element, expectTag, inside, insideEach, type Reader, readWhole, TAG } from './der.ts';
import { checkNull, readBitOctets, readOid, readSmallInteger, toHex } from './der-values.ts';
import { readExtensions } from './extensions.ts';
import { Malformed } from './malformed.ts';
import { readName } from './name.ts';
import { readRevokedSerial } from './serial.ts';
import { readTime } from './time.ts';

/** An answer about one certificate with three certificates on top has 6 KiB; this is room for every honest one. */
const MAX_RESPONSE_BYTES = 64 * 1024;

/** Most certificates read beside a signature: a responder's own and a path above it. Each may cost two signatures. */
const MAX_CERTIFICATES = 8;

/** id-pkix-ocsp-basic (RFC 6960 4.2.1). */
const BASIC = '1.3.6.1.5.5.7.48.1.1';

/** By number; 4 is not used. */
const STATUSES: readonly (OcspStatus | undefined)[] = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  undefined,
  'sigRequired',
  'unauthorized',
];

/** Reads one DER response. Throws Malformed. */
export function parseOcspResponse(der: Uint8Array, maxBytes: number = MAX_RESPONSE_BYTES): OcspResponseFacts {
  if (der.length > maxBytes) throw new Malformed('response', `larger than ${maxBytes} octets`);
  return inside(readWhole(der, 'response', TAG.sequence), (fields) => {
    const number = fields.read('responseStatus', TAG.enumerated);
    const status = STATUSES[readSmallInteger(number)];
    if (status === undefined) throw new Malformed(number.where, 'no such status');
    const wrapped = fields.readOptional('responseBytes', 0xa0);
    if ((status === 'successful') !== (wrapped !== undefined)) {
      throw new Malformed(number.where, `${status} ${wrapped === undefined ? 'without' : 'with'} an answer`);
    }
    if (wrapped === undefined) return { status, responseType: undefined, basic: undefined };
    const bytes = inside(wrapped, (content) => content.read('', TAG.sequence));
    return { status, ...inside(bytes, readResponseBytes) };
  });
}

function readResponseBytes(fields: Reader): Pick<OcspResponseFacts, 'responseType' | 'basic'> {
  const responseType = readOid(fields.read('responseType', TAG.oid));
  const content = contentOf(fields.read('response', TAG.octetString));
  const basic = responseType === BASIC ? inside(readWhole(content, 'basic', TAG.sequence), readBasic) : undefined;
  return { responseType, basic };
}

function readBasic(fields: Reader): BasicOcspResponse {
  const tbs = fields.read('tbs', TAG.sequence);
  const data = inside(tbs, readData);
  const signatureAlgorithm = readAlgorithm(fields.read('signatureAlgorithm', TAG.sequence));
  const signature = readBitOctets(fields.read('signature', TAG.bitString));
  const wrapped = fields.readOptional('certs', 0xa0);
  const certificates = wrapped === undefined ? [] : inside(wrapped, (content) => readCertificates(content.read('')));
  return { tbs: derOf(tbs), ...data, signatureAlgorithm, signature, certificates };
}

type DataFacts = Pick<BasicOcspResponse, 'responderId' | 'producedAt' | 'responses' | 'extensions'>;

/** There is only version 1, which is the DEFAULT, and so never encoded: its tag is no responderID. */
function readData(fields: Reader): DataFacts {
  return {
    responderId: readResponderId(fields.read('responderID')),
    producedAt: readTime(fields.read('producedAt', TAG.generalizedTime)),
    responses: insideEach(fields.read('responses', TAG.sequence), readSingleResponse),
    extensions: readWrappedExtensions(fields.readOptional('responseExtensions', 0xa1)),
  };
}

function readResponderId(element: Element): OcspResponderId {
  if (element.tag === 0xa1) return { kind: 'name', name: inside(element, (content) => readName(content.read(''))) };
  const hash = inside(expectTag(element, 0xa2), (content) => contentOf(content.read('', TAG.octetString)));
  return { kind: 'key', keyHash: toHex(hash) };
}

function readSingleResponse(element: Element): OcspSingleResponse {
  return inside(expectTag(element, TAG.sequence), (fields) => {
    const certId = inside(fields.read('certID', TAG.sequence), readCertId);
    const status = readCertStatus(fields.read('certStatus'));
    const thisUpdate = readTime(fields.read('thisUpdate', TAG.generalizedTime));
    const next = fields.readOptional('nextUpdate', 0xa0);
    const nextUpdate = next && inside(next, (content) => readTime(content.read('', TAG.generalizedTime)));
    const extensions = readWrappedExtensions(fields.readOptional('singleExtensions', 0xa1));
    return { certId, status, thisUpdate, nextUpdate, extensions };
  });
}

function readCertId(fields: Reader): OcspCertId {
  return {
    hashAlgorithm: readAlgorithm(fields.read('hashAlgorithm', TAG.sequence)).oid,
    issuerNameHash: toHex(contentOf(fields.read('issuerNameHash', TAG.octetString))),
    issuerKeyHash: toHex(contentOf(fields.read('issuerKeyHash', TAG.octetString))),
    serial: readRevokedSerial(fields.read('serialNumber', TAG.integer)),
  };
}

/** Tags [0] to [2], all IMPLICIT. */
function readCertStatus(element: Element): OcspCertStatus {
  if (element.tag === 0xa1) return inside(element, readRevokedInfo);
  if (element.tag !== 0x80) expectTag(element, 0x82);
  checkNull(element);
  return { kind: element.tag === 0x80 ? 'good' : 'unknown' };
}

function readRevokedInfo(fields: Reader): OcspCertStatus {
  const revokedAt = readTime(fields.read('revocationTime', TAG.generalizedTime));
  const wrapped = fields.readOptional('revocationReason', 0xa0);
  if (wrapped === undefined) return { kind: 'revoked', revokedAt, reason: undefined };
  const number = inside(wrapped, (content) => content.read('', TAG.enumerated));
  const reason = CRL_REASONS[readSmallInteger(number)];
  if (reason === undefined) throw new Malformed(number.where, 'no such reason');
  return { kind: 'revoked', revokedAt, reason };
}

function readWrappedExtensions(wrapped: Element | undefined): Extension[] {
  return wrapped === undefined ? [] : inside(wrapped, (content) => readExtensions(content.read('')));
}

function readCertificates(element: Element): CertificateFacts[] {
  const items = insideEach(expectTag(element, TAG.sequence), derOf);
  if (items.length > MAX_CERTIFICATES) throw new Malformed(element.where, `more than ${MAX_CERTIFICATES} certificates`);
  return items.flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch (error) {
      if (error instanceof Malformed) return [];
      throw error;
    }
  });
}
