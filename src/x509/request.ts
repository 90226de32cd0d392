// What does somebody ask to have certified? PKCS#10 (RFC 2986 4).

import type { Extension, RequestFacts } from '../model/certificate.ts';
import { readAlgorithm } from './algorithm.ts';
import { derOf, type Element, expectTag, inside, insideEach, type Reader, readWhole, TAG } from './der.ts';
import { checkAny, readBitOctets, readOid, readSmallInteger } from './der-values.ts';
import { decodeKnownExtensions, readExtensions } from './extensions.ts';
import { Malformed } from './malformed.ts';
import { readName } from './name.ts';
import { readPublicKey } from './public-key.ts';

/** As large as the largest certificate that is read by default: nobody could use more. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** Where extensions are asked for: PKCS#9 (RFC 2985 5.4.2), and the number that Microsoft used before ([MS-WCCE] 2.2.2.7). */
const EXTENSION_REQUESTS: ReadonlySet<string> = new Set(['1.2.840.113549.1.9.14', '1.3.6.1.4.1.311.2.1.14']);

/** Reads one DER request; whether its signature is right is for others to say. Throws Malformed. */
export function parseRequest(der: Uint8Array): RequestFacts {
  if (der.length > MAX_REQUEST_BYTES) throw new Malformed('request', `larger than ${MAX_REQUEST_BYTES} octets`);
  const request = readWhole(der, 'request', TAG.sequence);
  return inside(request, (fields) => {
    const info = fields.read('info', TAG.sequence);
    const facts = inside(info, readInfo);
    const signatureAlgorithm = readAlgorithm(fields.read('signatureAlgorithm', TAG.sequence));
    const signature = readBitOctets(fields.read('signature', TAG.bitString));
    return { ...facts, der: derOf(request), tbs: derOf(info), signatureAlgorithm, signature };
  });
}

function readInfo(fields: Reader): Pick<RequestFacts, 'subject' | 'publicKey' | 'extensions' | 'known'> {
  const version = fields.read('version', TAG.integer);
  if (readSmallInteger(version) !== 0) throw new Malformed(version.where, 'no such version');
  const subject = readName(fields.read('subject', TAG.sequence));
  const publicKey = readPublicKey(fields.read('subjectPublicKeyInfo', TAG.sequence));
  const attributes = fields.read('attributes', 0xa0);
  const extensions = insideEach(attributes, readAttribute).flat();
  const seen = new Set(extensions.map(({ oid }) => oid));
  if (seen.size < extensions.length) throw new Malformed(attributes.where, 'an extension is asked for twice');
  return { subject, publicKey, extensions, known: decodeKnownExtensions(extensions, attributes.where) };
}

/** The extensions it asks for. Other attributes (passwords, names of programs and machines) are nothing to certify. */
function readAttribute(element: Element): Extension[] {
  return inside(expectTag(element, TAG.sequence), (fields) => {
    const type = readOid(fields.read('type', TAG.oid));
    const values = checkAny(fields.read('values', TAG.set));
    if (!EXTENSION_REQUESTS.has(type)) return [];
    return inside(values, (list) => readExtensions(list.read('value', TAG.sequence)));
  });
}
