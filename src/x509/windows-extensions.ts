// What does a certificate say about a Windows domain? The account's SID and the template it was made from.

import type { CertificateFacts } from '../model/certificate.ts';
import { type Element, expectTag, inside, readWhole, TAG } from './der.ts';
import { readOid, readSmallInteger } from './der-values.ts';
import { Malformed } from './malformed.ts';
import { readAscii, readText } from './text-value.ts';

export const WINDOWS_EXTENSION = {
  /** szOID_NTDS_CA_SECURITY_EXT ([MS-WCCE] 2.2.2.7.7.4). */
  security: '1.3.6.1.4.1.311.25.2',
  /** Name of a template of version 1, as text. */
  templateName: '1.3.6.1.4.1.311.20.2',
  /** OID and version of a template of version 2 or later. */
  templateInformation: '1.3.6.1.4.1.311.21.7',
} as const;

/** Type of the name in the extension that holds the SID. */
export const OBJECT_SID = '1.3.6.1.4.1.311.25.2.1';
/** Stands before the SID in an alternative name of a certificate whose CA writes no SID itself. */
export const SID_URI_PREFIX = 'tag:microsoft.com,2022-09-14:sid:';
/** [MS-DTYP] 2.4.2.1, of at most 15 sub-authorities. */
const SID = /^S-1-\d{1,15}(-\d{1,10}){1,15}$/;

export interface CertificateTemplate {
  readonly name: string | undefined;
  readonly oid: string | undefined;
}

/**
 * The SID of the account it was issued to (KB5014754). The extension is the CA's own word and counts alone where there is
 * one, readable or not: the alternative name may be what the requester wished. Several different ones are none.
 */
export function sidOf({ extensions, known }: CertificateFacts): string | undefined {
  const extension = extensions.find(({ oid }) => oid === WINDOWS_EXTENSION.security);
  if (extension !== undefined) return tryToRead(extension.value, readSid);
  const sids = (known.subjectAltNames ?? []).flatMap((name) =>
    name.kind === 'uri' && name.value.startsWith(SID_URI_PREFIX) ? [name.value.slice(SID_URI_PREFIX.length)] : [],
  );
  const [sid] = sids;
  return sid !== undefined && SID.test(sid) && sids.every((each) => each === sid) ? sid : undefined;
}

/** Both undefined where it was made from no template, or nobody can read which. */
export function templateOf({ extensions }: CertificateFacts): CertificateTemplate {
  const contentFor = (wanted: string) => extensions.find(({ oid }) => oid === wanted)?.value;
  return {
    name: tryToRead(contentFor(WINDOWS_EXTENSION.templateName), readText),
    oid: tryToRead(contentFor(WINDOWS_EXTENSION.templateInformation), readTemplateOid),
  };
}

/** SEQUENCE { [0] { OBJECT_SID, [0] { OCTET STRING of ASCII } } }: GeneralNames with one otherName. */
function readSid(element: Element): string | undefined {
  const name = inside(expectTag(element, TAG.sequence), (names) => names.read('name', 0xa0));
  const sid = inside(name, (fields) => {
    if (readOid(fields.read('type-id', TAG.oid)) !== OBJECT_SID) throw new Malformed(name.where, 'no SID');
    return inside(fields.read('value', 0xa0), (value) => readAscii(value.read('sid', TAG.octetString)));
  });
  return SID.test(sid) ? sid : undefined;
}

/** CertificateTemplate of [MS-WCCE] 2.2.2.7.7.2. */
function readTemplateOid(element: Element): string {
  return inside(expectTag(element, TAG.sequence), (fields) => {
    const template = readOid(fields.read('templateID', TAG.oid));
    for (const version of ['major', 'minor']) {
      const number = fields.readOptional(version, TAG.integer);
      if (number !== undefined) readSmallInteger(number);
    }
    return template;
  });
}

/** These extensions are not critical: one that cannot be read makes the certificate no worse, it says nothing. */
function tryToRead<T>(value: Uint8Array | undefined, read: (element: Element) => T): T | undefined {
  if (value === undefined) return undefined;
  try {
    return read(readWhole(value, 'extension'));
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
