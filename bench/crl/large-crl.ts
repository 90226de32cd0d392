// How is a list made that has a million entries? Entry by entry into one buffer, and signed.

import { sign } from 'node:crypto';
import { encodeAuthorityKeyId, encodeCrlNumber } from '../../src/pki/extensions.ts';
import { bitString, context, encode, integer, octetString, oid, sequence, time } from '../../src/x509/der-writer.ts';
import type { TestCertificate } from '../../test/kit/pki.ts';

/** Superseded at the beginning of 2026; the serial number, 16 octets from the fourth on, is written over. */
const ENTRY = sequence(
  encode(0x02, Buffer.alloc(16)),
  time(Date.UTC(2026)),
  sequence(sequence(oid('2.5.29.21'), octetString(Uint8Array.of(0x0a, 1, 4)))),
);
const SERIAL_AT = 4;

/** The serial number of an entry, as in CertificateFacts. */
export function serialOf(index: number): string {
  return writeSerial(Buffer.alloc(16), 0, index).toString('hex').toUpperCase();
}

/** Spread over the whole width, as random ones are. */
function writeSerial(into: Buffer, at: number, index: number): Buffer {
  into.writeUInt32BE(0x40000000 | (Math.imul(index, 0x9e3779b1) >>> 2), at);
  into.writeUInt32BE(Math.imul(index, 0x85ebca6b) >>> 0, at + 4);
  into.writeUInt32BE(Math.imul(index, 0xc2b2ae35) >>> 0, at + 8);
  into.writeUInt32BE(index, at + 12);
  return into;
}

export interface LargeCrl {
  readonly issuer: TestCertificate;
  readonly count: number;
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

export function makeLargeCrl({ issuer, count, number, thisUpdate, nextUpdate }: LargeCrl): Uint8Array {
  const entries = Buffer.alloc(count * ENTRY.length);
  for (let index = 0; index < count; index++) {
    const at = index * ENTRY.length;
    entries.set(ENTRY, at);
    writeSerial(entries, at + SERIAL_AT, index);
  }
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const tbs = sequence(
    integer(1),
    algorithm,
    issuer.subjectName,
    time(thisUpdate),
    time(nextUpdate),
    encode(0x30, entries),
    context(0, sequence(encodeAuthorityKeyId(Buffer.from(issuer.keyId, 'hex')), encodeCrlNumber(BigInt(number)))),
  );
  return sequence(tbs, algorithm, bitString(sign('sha256', tbs, issuer.key)));
}
