// Lists, requests and bags of certificates to begin with.

import { encodeExtension } from '../../../src/pki/extensions.ts';
import { context, integer, oid, sequence, sequenceOf, setOf, time } from '../../../src/x509/der-writer.ts';
import { type CrlOptions, makeKey, makeRoot } from '../../kit/pki.ts';
import { attribute, CERT_EXTENSIONS, writeCertreqRequest, writeTestRequest } from '../../kit/requests.ts';
import { CERTIFICATE_EXTENSIONS, CRL_ENTRY_EXTENSIONS, CRL_EXTENSIONS } from './extensions.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const DATA = '1.2.840.113549.1.7.1';
const SAN = [{ kind: 'dns', value: 'a.example' }] as const;

export function makeCrls(): Uint8Array[] {
  const root = makeRoot();
  const revoked = [
    { serial: '01', reason: 'keyCompromise' },
    { serial: `7f${'ff'.repeat(19)}`, reason: 'certificateHold', extensions: CRL_ENTRY_EXTENSIONS },
    { serial: '0a', reason: 'removeFromCRL' },
    { serial: '0a', revokedAt: Date.UTC(2060) },
  ];
  const shapes: CrlOptions[] = [
    {},
    { revoked },
    { revoked: ['01', '02', '03'], nextUpdate: null, number: null, authorityKeyId: null },
    { number: 2n ** 150n },
    { thisUpdate: Date.UTC(1999), nextUpdate: Date.UTC(2055) },
    ...CRL_EXTENSIONS.map((extensions) => ({ revoked, extensions })),
  ];
  return [
    ...shapes.map((options) => root.crl(options).der),
    ...KINDS.map((key) => makeRoot({ key }).crl({ revoked }).der),
  ];
}

const KINDS = ['rsa2048', 'ed25519', 'p384'] as const;

export function makeRequests(): Uint8Array[] {
  const extensions = CERTIFICATE_EXTENSIONS.map(({ oid: type, critical = false, value }) =>
    encodeExtension(type, critical, value),
  );
  return [
    writeTestRequest(),
    writeTestRequest({ san: SAN, keyUsage: ['digitalSignature'], eku: ['1.3.6.1.5.5.7.3.2'], ca: false }),
    writeTestRequest({ extensions }),
    writeTestRequest({ san: SAN, attributeType: CERT_EXTENSIONS, attributes: [attribute('1.2.3', time(0))] }),
    writeTestRequest({ key: makeKey('rsa2048') }),
    writeTestRequest({ key: makeKey('p384') }),
    writeCertreqRequest({ san: SAN }),
  ];
}

/** SignedData of PKCS#7 as `openssl crl2pkcs7` and Windows write it. */
export function makeBags(): Uint8Array[] {
  const root = makeRoot();
  const bag = (certificates: Uint8Array[], crls: Uint8Array[]) =>
    sequence(
      oid(SIGNED_DATA),
      context(
        0,
        sequence(
          integer(1),
          setOf(),
          sequence(oid(DATA)),
          ...(certificates.length === 0 ? [] : [context(0, ...certificates)]),
          ...(crls.length === 0 ? [] : [context(1, ...crls)]),
          setOf(),
        ),
      ),
    );
  const crl = root.crl({ revoked: ['01'] }).der;
  return [bag([root.der, root.client().der], []), bag([], [crl]), bag([root.der], [crl]), bag([], [])];
}

/** The Extensions of everything that has some, as they stand. */
export function makeExtensionLists(): Uint8Array[] {
  const encoded = [...CERTIFICATE_EXTENSIONS, ...CRL_EXTENSIONS.flat(), ...CRL_ENTRY_EXTENSIONS].map(
    ({ oid: type, critical = false, value }) => encodeExtension(type, critical, value),
  );
  return encoded.map((extension) => sequenceOf([extension]));
}
