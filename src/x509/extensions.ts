// Which extensions are there, and what do the standard ones say? (RFC 5280 4.2)

import type { Extension, GeneralName, KeyUsage, KnownExtensions } from '../model/certificate.ts';
import { contentOf, type Element, expectTag, inside, insideEach, readWhole, TAG } from './der.ts';
import {
  checkNull,
  readBoolean,
  readNamedBits,
  readOid,
  readPositiveOctets,
  readSmallInteger,
  toHex,
} from './der-values.ts';
import { readDistributionPoints } from './distribution-points.ts';
import { readGeneralName, readGeneralNames } from './general-names.ts';
import { Malformed } from './malformed.ts';
import { readNameConstraints } from './name-constraints.ts';
import { readCertificatePolicies, readPolicyConstraints, readPolicyMappings } from './policies.ts';

export const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyId: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  freshestCrl: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
} as const;

/** Bit numbers of RFC 5280 4.2.1.3. */
export const KEY_USAGES: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

const OCSP_ACCESS = '1.3.6.1.5.5.7.48.1';
const CA_ISSUERS_ACCESS = '1.3.6.1.5.5.7.48.2';

/** Extensions ::= SEQUENCE SIZE (1..MAX), each OID at most once (RFC 5280 4.2). */
export function readExtensions(element: Element): Extension[] {
  expectTag(element, TAG.sequence);
  const seen = new Set<string>();
  const extensions = insideEach(element, (item) => {
    const extension = readExtension(item);
    if (seen.has(extension.oid)) throw new Malformed(item.where, `extension ${extension.oid} is there twice`);
    seen.add(extension.oid);
    return extension;
  });
  if (extensions.length === 0) throw new Malformed(element.where, 'no extensions');
  return extensions;
}

function readExtension(element: Element): Extension {
  expectTag(element, TAG.sequence);
  return inside(element, (fields) => {
    const oid = readOid(fields.read('extnID', TAG.oid));
    const flag = fields.readOptional('critical', TAG.boolean);
    const critical = flag !== undefined && readBoolean(flag);
    // X.690 11.5: a value equal to its DEFAULT is not encoded.
    if (flag !== undefined && !critical) throw new Malformed(flag.where, 'default FALSE is encoded');
    return { oid, critical, value: contentOf(fields.read('extnValue', TAG.octetString)) };
  });
}

/** Decodes the standard extensions among them; a broken one is Malformed. */
export function decodeKnownExtensions(extensions: readonly Extension[], where: string): KnownExtensions {
  const decode = <T>(name: keyof typeof EXTENSION, read: (element: Element) => T): T | undefined => {
    const index = extensions.findIndex(({ oid }) => oid === EXTENSION[name]);
    const found = extensions[index];
    return found && read(readWhole(found.value, `${where}[${index}].${name}`));
  };
  const accesses = decode('authorityInfoAccess', readAccesses) ?? [];
  return {
    basicConstraints: decode('basicConstraints', readBasicConstraints),
    keyUsage: decode('keyUsage', readKeyUsage),
    extendedKeyUsage: decode('extendedKeyUsage', readExtendedKeyUsage),
    subjectAltNames: decode('subjectAltName', (element) => readGeneralNames(expectTag(element, TAG.sequence))),
    subjectKeyId: decode('subjectKeyId', (element) => toHex(contentOf(expectTag(element, TAG.octetString)))),
    authorityKeyId: decode('authorityKeyId', readAuthorityKeyId),
    nameConstraints: decode('nameConstraints', readNameConstraints),
    certificatePolicies: decode('certificatePolicies', readCertificatePolicies),
    policyMappings: decode('policyMappings', readPolicyMappings),
    policyConstraints: decode('policyConstraints', readPolicyConstraints),
    inhibitAnyPolicy: decode('inhibitAnyPolicy', (element) => readSmallInteger(expectTag(element, TAG.integer))),
    crlDistributionPoints: decode('crlDistributionPoints', readDistributionPoints) ?? [],
    freshestCrl: decode('freshestCrl', readDistributionPoints) ?? [],
    ocspNoCheck: decode('ocspNoCheck', readNoCheck) ?? false,
    ocspUris: urisOf(accesses.filter(({ method }) => method === OCSP_ACCESS).map(({ location }) => location)),
    caIssuerUris: urisOf(accesses.filter(({ method }) => method === CA_ISSUERS_ACCESS).map(({ location }) => location)),
  };
}

/** RFC 5280 4.2.1.9. */
function readBasicConstraints(element: Element): NonNullable<KnownExtensions['basicConstraints']> {
  expectTag(element, TAG.sequence);
  return inside(element, (fields) => {
    const flag = fields.readOptional('cA', TAG.boolean);
    const ca = flag !== undefined && readBoolean(flag);
    if (flag !== undefined && !ca) throw new Malformed(flag.where, 'default FALSE is encoded');
    const length = fields.readOptional('pathLenConstraint', TAG.integer);
    return { ca, pathLength: length && readSmallInteger(length) };
  });
}

/** RFC 5280 4.2.1.3: at least one bit. Bits without a name are refused: nobody can say what they would allow. */
function readKeyUsage(element: Element): ReadonlySet<KeyUsage> {
  const usages = readNamedBits(expectTag(element, TAG.bitString)).map((bit) => KEY_USAGES[bit]);
  if (usages.length === 0) throw new Malformed(element.where, 'no usage');
  return new Set(
    usages.map((usage) => {
      if (usage === undefined) throw new Malformed(element.where, 'unknown usage');
      return usage;
    }),
  );
}

/** RFC 5280 4.2.1.12. */
function readExtendedKeyUsage(element: Element): string[] {
  const purposes = insideEach(expectTag(element, TAG.sequence), (item) => readOid(expectTag(item, TAG.oid)));
  if (purposes.length === 0) throw new Malformed(element.where, 'no purpose');
  return purposes;
}

/** RFC 5280 4.2.1.1: issuer and serial number come together or not at all. */
export function readAuthorityKeyId(element: Element): string | undefined {
  expectTag(element, TAG.sequence);
  return inside(element, (fields) => {
    const keyId = fields.readOptional('keyIdentifier', 0x80);
    const issuer = fields.readOptional('authorityCertIssuer', 0xa1);
    const serial = fields.readOptional('authorityCertSerialNumber', 0x82);
    if ((issuer === undefined) !== (serial === undefined)) throw new Malformed(element.where, 'issuer without serial');
    if (issuer !== undefined) readGeneralNames(issuer);
    if (serial !== undefined) readPositiveOctets(serial);
    return keyId && toHex(contentOf(keyId));
  });
}

/** RFC 6960 4.2.2.2.1. */
function readNoCheck(element: Element): true {
  checkNull(expectTag(element, TAG.null));
  return true;
}

/** RFC 5280 4.2.2.1. */
function readAccesses(element: Element): { method: string; location: GeneralName }[] {
  const accesses = insideEach(expectTag(element, TAG.sequence), (item) =>
    inside(expectTag(item, TAG.sequence), (fields) => ({
      method: readOid(fields.read('accessMethod', TAG.oid)),
      location: readGeneralName(fields.read('accessLocation')),
    })),
  );
  if (accesses.length === 0) throw new Malformed(element.where, 'no access description');
  return accesses;
}

function urisOf(names: readonly GeneralName[]): string[] {
  return names.flatMap((name) => (name.kind === 'uri' ? [name.value] : []));
}
