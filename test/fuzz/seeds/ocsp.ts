// OCSP responses to begin with.

import { encodeExtension } from '../../../src/pki/extensions.ts';
import { TAG } from '../../../src/x509/der.ts';
import { bitString, context, encode, integer, octetString, oid, sequence } from '../../../src/x509/der-writer.ts';
import { makeRoot } from '../../kit/pki.ts';

const BASIC = '1.3.6.1.5.5.7.48.1.1';
const NONCE = '1.3.6.1.5.5.7.48.1.2';
const SHA1 = sequence(oid('1.3.14.3.2.26'), encode(TAG.null));

const time = (text: string) => encode(TAG.generalizedTime, Buffer.from(text));
const AT = time('20260101000000Z');
const NEXT = context(0, time('20260108000000Z'));

const GOOD = encode(0x80);
const UNKNOWN = encode(0x82);
const REVOKED = context(1, AT, context(0, encode(TAG.enumerated, Uint8Array.of(1))));
const REVOKED_AT = context(1, AT);

function single(serial: number, status: Uint8Array, ...behind: readonly Uint8Array[]): Uint8Array {
  const hashes = octetString(Buffer.alloc(20, 7));
  return sequence(sequence(SHA1, hashes, hashes, integer(serial)), status, AT, ...behind);
}

function response(
  id: Uint8Array,
  singles: readonly Uint8Array[],
  behind: Uint8Array[],
  certificates: Uint8Array[],
): Uint8Array {
  const basic = sequence(
    sequence(id, AT, sequence(...singles), ...behind),
    sequence(oid('1.3.101.112')),
    bitString(new Uint8Array(64)),
    ...(certificates.length === 0 ? [] : [context(0, sequence(...certificates))]),
  );
  const status = encode(TAG.enumerated, Uint8Array.of(0));
  return sequence(status, context(0, sequence(oid(BASIC), octetString(basic))));
}

export function makeOcspResponses(): Uint8Array[] {
  const root = makeRoot();
  const byName = context(1, root.subjectName);
  const byKey = context(2, octetString(Buffer.alloc(20, 3)));
  const nonce = context(1, sequence(encodeExtension(NONCE, false, octetString(Buffer.alloc(16, 9)))));
  const statuses = [GOOD, UNKNOWN, REVOKED, REVOKED_AT].map((status, index) => single(index + 1, status, NEXT));
  return [
    ...statuses.map((status) => response(byName, [status], [], [])),
    response(byKey, statuses, [nonce], [root.client().der, root.der]),
    response(byKey, [single(1, GOOD), single(2, REVOKED, NEXT, nonce)], [], [root.der]),
    response(byName, [], [], []),
    ...[1, 2, 3, 5, 6].map((status) => sequence(encode(TAG.enumerated, Uint8Array.of(status)))),
  ];
}
