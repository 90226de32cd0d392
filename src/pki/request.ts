// How is a certificate asked for? The request that goes to an authority (PKCS#10, RFC 2986 4).

import type { KeyObject } from 'node:crypto';
import type { RequestFacts } from '../model/certificate.ts';
import { context, integer, oid, sequence, setOf } from '../x509/der-writer.ts';
import { parseRequest } from '../x509/request.ts';
import type { Purpose } from './end-entity.ts';
import { encodeExtendedKeyUsage, encodeKeyUsage, encodeSubjectAltName, PURPOSE } from './extensions.ts';
import { type AlternativeName, encodeName } from './names.ts';
import { exportSpki, signStructure } from './signing.ts';

/** What all forms of a request ask for: the request itself, certreq's INF and OpenSSL's configuration. */
export interface Wish {
  readonly commonName: string;
  readonly purpose: Purpose;
  readonly alternativeNames: readonly AlternativeName[];
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/** The request, read back. */
export function createRequest(key: KeyObject, { commonName, purpose, alternativeNames }: Wish): RequestFacts {
  const extensions = [
    encodeKeyUsage(['digitalSignature']),
    encodeExtendedKeyUsage([PURPOSE[purpose]]),
    ...(alternativeNames.length === 0 ? [] : [encodeSubjectAltName(alternativeNames, false)]),
  ];
  const der = signStructure(key, () =>
    sequence(
      integer(0),
      encodeName([{ type: 'CN', value: commonName }]),
      exportSpki(key),
      context(0, sequence(oid(EXTENSION_REQUEST), setOf(sequence(...extensions)))),
    ),
  );
  return parseRequest(der);
}
