// Are these RSASSA-PSS parameters ones we accept? (RFC 4055 3.1)

import { readAlgorithm } from './algorithm.ts';
import { type Element, inside, readWhole, TAG } from './der.ts';
import { checkNull, readSmallInteger } from './der-values.ts';
import { Malformed } from './malformed.ts';

export interface PssParameters {
  readonly hash: string;
  /** Octets. */
  readonly saltLength: number;
}

const MGF1 = '1.2.840.113549.1.1.8';

const SHA1 = '1.3.14.3.2.26';

const HASHES: ReadonlyMap<string, { readonly name: string; readonly octets: number }> = new Map([
  ['2.16.840.1.101.3.4.2.1', { name: 'sha256', octets: 32 }],
  ['2.16.840.1.101.3.4.2.2', { name: 'sha384', octets: 48 }],
  ['2.16.840.1.101.3.4.2.3', { name: 'sha512', octets: 64 }],
]);

/** OpenSSL before 3.1 salts with as much as the modulus holds: less than 512 octets for 4096 bits. */
const MAX_SALT_OCTETS = 512;

/** `weak` for SHA-1; undefined for whatever else is not accepted. Throws Malformed. */
export function readPssParameters(der: Uint8Array | undefined): PssParameters | 'weak' | undefined {
  if (der === undefined) return undefined;
  return inside(readWhole(der, 'parameters', TAG.sequence), (fields) => {
    const hashField = fields.readOptional('hashAlgorithm', 0xa0);
    const maskField = fields.readOptional('maskGenAlgorithm', 0xa1);
    const saltField = fields.readOptional('saltLength', 0xa2);
    // A trailerField could only repeat its default, which DER leaves out: it would be octets too many.
    const hashOid = hashField === undefined ? SHA1 : inside(hashField, (content) => readHash(content.read('')));
    const maskOid = maskField === undefined ? SHA1 : inside(maskField, (content) => readMaskHash(content.read('')));
    if (hashOid === SHA1 || maskOid === SHA1) return 'weak';
    const hash = HASHES.get(hashOid);
    const salt = saltField && inside(saltField, (content) => readSmallInteger(content.read('', TAG.integer)));
    if (hash === undefined || maskOid !== hashOid || salt === undefined) return undefined;
    // As long as the hash at least (RFC 8446 4.2.3 wants exactly that).
    return salt < hash.octets || salt > MAX_SALT_OCTETS ? undefined : { hash: hash.name, saltLength: salt };
  });
}

/** OID of a hash, whose parameters are NULL or left out (RFC 4055 2.1). */
function readHash(element: Element): string {
  const { oid, parameters } = readAlgorithm(element);
  if (parameters !== undefined) checkNull(readWhole(parameters, element.where, TAG.null));
  return oid;
}

/** OID of the hash in MGF1. */
function readMaskHash(element: Element): string {
  const { oid, parameters } = readAlgorithm(element);
  if (oid !== MGF1 || parameters === undefined) throw new Malformed(element.where, 'not MGF1');
  return readHash(readWhole(parameters, element.where, TAG.sequence));
}
