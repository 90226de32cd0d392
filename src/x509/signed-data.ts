// Which certificates and CRLs does this PKCS#7 bag hold? SignedData (RFC 5652 5.1); its signatures, if any, say nothing here.

import { derOf, type Element, expectTag, inside, insideEach, readWhole, TAG } from './der.ts';
import { checkAny, readOid, readSmallInteger } from './der-values.ts';
import { Malformed } from './malformed.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';

export interface SignedDataContent {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

/** Tells PKCS#7 from a certificate or CRL, whose first field is no OID. */
export function isContentInfo(der: Uint8Array): boolean {
  return readFirstTag(readWhole(der, 'file', TAG.sequence)) === TAG.oid;
}

/** Throws Malformed. */
export function parseSignedData(der: Uint8Array): SignedDataContent {
  return inside(readWhole(der, 'pkcs7', TAG.sequence), (fields) => {
    const type = fields.read('contentType', TAG.oid);
    if (readOid(type) !== SIGNED_DATA) throw new Malformed(type.where, 'not SignedData');
    return inside(fields.read('content', 0xa0), (wrapped) => readSignedData(wrapped.read('', TAG.sequence)));
  });
}

function readSignedData(element: Element): SignedDataContent {
  return inside(element, (fields) => {
    readSmallInteger(fields.read('version', TAG.integer));
    checkAny(fields.read('digestAlgorithms', TAG.set));
    checkAny(fields.read('encapContentInfo', TAG.sequence));
    const certificates = fields.readOptional('certificates', 0xa0);
    const crls = fields.readOptional('crls', 0xa1);
    checkAny(fields.read('signerInfos', TAG.set));
    return { certificates: readMembers(certificates), crls: readMembers(crls) };
  });
}

/** Other kinds of member (attribute certificates, OCSP answers) have context tags, and are nothing we could use. */
function readMembers(element: Element | undefined): Uint8Array[] {
  return element === undefined ? [] : insideEach(element, (item) => derOf(expectTag(item, TAG.sequence)));
}

function readFirstTag(element: Element): number | undefined {
  return element.contentStart < element.end ? element.bytes[element.contentStart] : undefined;
}
