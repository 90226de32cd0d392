// What do tests make certificate requests with? As OpenSSL, certreq and keytool write them, sound or broken as asked.

import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { KeyUsage } from '../../src/model/certificate.ts';
import { encodeExtendedKeyUsage, encodeExtension, encodeKeyUsage } from '../../src/pki/extensions.ts';
import { type AlternativeName, encodeAlternativeNames } from '../../src/pki/names.ts';
import { TAG } from '../../src/x509/der.ts';
import {
  bitString,
  boolean,
  encode,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  utf8String,
} from '../../src/x509/der-writer.ts';
import { EXTENSION } from '../../src/x509/extensions.ts';
import { encodeTestName, makeKey, type TestName } from './pki.ts';

export const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
/** How Microsoft numbered the same. */
export const CERT_EXTENSIONS = '1.3.6.1.4.1.311.2.1.14';

export interface RequestOptions {
  readonly key?: KeyObject;
  readonly cn?: string;
  readonly subject?: TestName;
  readonly san?: readonly AlternativeName[];
  /** DER of a whole GeneralNames instead. */
  readonly sanValue?: Uint8Array;
  readonly keyUsage?: readonly KeyUsage[];
  readonly eku?: readonly string[];
  readonly ca?: boolean;
  /** DER of further extensions. */
  readonly extensions?: readonly Uint8Array[];
  /** Type of the attribute that holds the extensions. */
  readonly attributeType?: string;
  /** DER of further attributes. */
  readonly attributes?: readonly Uint8Array[];
  readonly version?: number;
  readonly signatureHash?: 'sha1' | 'sha256';
  readonly signWith?: KeyObject;
}

/** DER of a request. */
export function writeTestRequest(options: RequestOptions = {}): Uint8Array {
  const { key = makeKey('ec'), signatureHash = 'sha256' } = options;
  const extensions = requestedExtensions(options);
  const attributes = [
    ...(extensions.length === 0
      ? []
      : [attribute(options.attributeType ?? EXTENSION_REQUEST, sequence(...extensions))]),
    ...(options.attributes ?? []),
  ];
  const info = sequence(
    integer(options.version ?? 0),
    encodeTestName(options.subject ?? [{ type: 'CN', value: options.cn ?? 'alice' }]),
    new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' })),
    encode(0xa0, ...attributes),
  );
  const algorithm =
    key.asymmetricKeyType === 'rsa'
      ? sequence(oid(`1.2.840.113549.1.1.${signatureHash === 'sha1' ? 5 : 11}`), nullValue())
      : sequence(oid(`1.2.840.10045.4.${signatureHash === 'sha1' ? '1' : '3.2'}`));
  return sequence(info, algorithm, bitString(sign(signatureHash, info, options.signWith ?? key)));
}

export function attribute(type: string, ...values: readonly Uint8Array[]): Uint8Array {
  return sequence(oid(type), setOf(...values));
}

/** With all that certreq writes beside it ([MS-WCCE] 2.2.2.7): version of Windows, who asked, where the key is. */
export function writeCertreqRequest(options: RequestOptions = {}): Uint8Array {
  const provider = Buffer.from('Microsoft Software Key Storage Provider', 'utf16le').swap16();
  const attributes = [
    attribute('1.3.6.1.4.1.311.13.2.3', encode(TAG.ia5String, Buffer.from('10.0.20348.2'))),
    attribute(
      '1.3.6.1.4.1.311.21.20',
      sequence(integer(5), utf8String('host.corp.example'), utf8String('CORP\\alice'), utf8String('certreq')),
    ),
    attribute(
      '1.3.6.1.4.1.311.13.2.2',
      sequence(integer(0), encode(TAG.bmpString, provider), bitString(new Uint8Array())),
    ),
  ];
  const keyId = encodeExtension(EXTENSION.subjectKeyId, false, octetString(new Uint8Array(20).fill(1)));
  return writeTestRequest({
    keyUsage: ['digitalSignature', 'keyEncipherment'],
    extensions: [keyId],
    attributes,
    ...options,
  });
}

function requestedExtensions({ san, sanValue, keyUsage, eku, ca, extensions = [] }: RequestOptions): Uint8Array[] {
  const names = sanValue ?? (san && encodeAlternativeNames(san));
  return [
    ...(ca ? [encodeExtension(EXTENSION.basicConstraints, true, sequence(boolean(true)))] : []),
    ...(keyUsage ? [encodeKeyUsage(keyUsage)] : []),
    ...(eku ? [encodeExtendedKeyUsage(eku)] : []),
    ...(names ? [encodeExtension(EXTENSION.subjectAltName, false, names)] : []),
    ...extensions,
  ];
}
