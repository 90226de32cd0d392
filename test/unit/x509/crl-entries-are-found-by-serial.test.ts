import t from 'tap';
import { packCrl, parseCrl, unpackCrl } from '../../../src/x509/crl.ts';
import { CRL_REASONS } from '../../../src/x509/crl-reasons.ts';
import { inside, type Reader, readWhole, TAG } from '../../../src/x509/der.ts';
import { readSmallInteger } from '../../../src/x509/der-values.ts';
import { boolean, encode, integer, octetString, oid, sequence, time } from '../../../src/x509/der-writer.ts';
import { readExtensions } from '../../../src/x509/extensions.ts';
import { Malformed } from '../../../src/x509/malformed.ts';
import { endOfPlainEntry, readPlainEntry } from '../../../src/x509/plain-entry.ts';
import { readRevokedSerial } from '../../../src/x509/serial.ts';
import { readTime } from '../../../src/x509/time.ts';
import { makeRoot } from '../../kit/pki.ts';

const root = makeRoot();
const AT = Date.UTC(2026, 0, 28, 23, 59, 59);
const reasonCode = (number: number, critical: readonly Uint8Array[] = []) =>
  sequence(oid('2.5.29.21'), ...critical, octetString(encode(TAG.enumerated, Uint8Array.of(number))));

/** By the readers that know nothing of plain entries. */
function readStrictly(bytes: Uint8Array): { readonly revokedAt: number; readonly reason: string | undefined } {
  return inside(readWhole(bytes, 'entry', TAG.sequence), (fields: Reader) => {
    readRevokedSerial(fields.read('serial', TAG.integer));
    const revokedAt = readTime(fields.read('date'));
    const extensions = fields.readOptional('extensions', TAG.sequence);
    const [first] = extensions === undefined ? [] : readExtensions(extensions);
    const reason = first && CRL_REASONS[readSmallInteger(readWhole(first.value, 'reason', TAG.enumerated))];
    return { revokedAt, reason };
  });
}

t.test('what is plain, and what the strict reader judges', async (t) => {
  const entry = (serial: Uint8Array, date: Uint8Array, ...extensions: readonly Uint8Array[]) =>
    sequence(serial, date, ...(extensions.length === 0 ? [] : [sequence(...extensions)]));
  const isPlain = (bytes: Uint8Array, isVersion2 = true) =>
    endOfPlainEntry(bytes, 0, bytes.length, isVersion2) === bytes.length;
  const sound = entry(integer(0x1234), time(AT), reasonCode(1));
  t.ok(isPlain(sound));
  t.ok(isPlain(entry(integer(0x1234), time(AT))), 'without a reason');
  t.ok(isPlain(entry(integer(2n ** 159n - 1n), time(AT))), '20 octets');
  t.notOk(isPlain(sound, false), 'version 1 has no reasons');
  t.equal(endOfPlainEntry(sound, 0, sound.length - 1, true), 0, 'longer than what holds it');
  const others: Record<string, Uint8Array> = {
    '21 octets': entry(integer(2n ** 160n), time(AT)),
    'an INTEGER that is not minimal': entry(encode(TAG.integer, Uint8Array.of(0, 1)), time(AT)),
    'the last days of a month': entry(integer(1), time(Date.UTC(2026, 0, 29))),
    'a GeneralizedTime': entry(integer(1), time(Date.UTC(2050))),
    'no such month': entry(integer(1), encode(TAG.utcTime, Buffer.from('261301000000Z'))),
    'no such hour': entry(integer(1), encode(TAG.utcTime, Buffer.from('260101240000Z'))),
    'no digits': entry(integer(1), encode(TAG.utcTime, Buffer.from('26010a000000Z'))),
    'a local time': entry(integer(1), encode(TAG.utcTime, Buffer.from('260101000000+'))),
    'a critical reason': entry(integer(1), time(AT), reasonCode(1, [boolean(true)])),
    'the reason that is not used': entry(integer(1), time(AT), reasonCode(7)),
    'no such reason': entry(integer(1), time(AT), reasonCode(11)),
    'another extension': entry(integer(1), time(AT), sequence(oid('2.5.29.24'), octetString(time(AT)))),
    'two extensions': entry(integer(1), time(AT), reasonCode(1), sequence(oid('1.2.3'), octetString(time(AT)))),
  };
  for (const [why, bytes] of Object.entries(others)) t.notOk(isPlain(bytes), why);
});

t.test('plain is only what the strict reader takes, and means the same', async (t) => {
  const seeds = [undefined, 0, 4, 10].map((reason) =>
    sequence(integer(0x7fab12), time(AT), ...(reason === undefined ? [] : [sequence(reasonCode(reason))])),
  );
  let plain = 0;
  for (const seed of seeds) {
    for (let position = 0; position < seed.length; position++) {
      for (let octet = 0; octet < 256; octet++) {
        const bytes = new Uint8Array(seed);
        bytes[position] = octet;
        const end = endOfPlainEntry(bytes, 0, bytes.length, true);
        if (end === 0) continue;
        plain++;
        const expected = attempt(() => readStrictly(bytes.subarray(0, end)));
        const found = readPlainEntry(bytes, 0, end);
        if (expected?.revokedAt !== found.revokedAt || expected.reason !== found.reason) {
          t.fail(`octet ${octet} at ${position} of ${Buffer.from(seed).toString('hex')}`);
        }
      }
    }
  }
  t.ok(plain > 1000, `${plain} of them are plain`);
});

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

t.test('every entry is found, and no other', async (t) => {
  for (const count of [1, 2, 3, 1000, 4097]) {
    const serials = Array.from({ length: count }, (_, index) => (index * 7919 + 1).toString(16).toUpperCase());
    const even = serials.map((serial) => (serial.length % 2 === 0 ? serial : `0${serial}`));
    const { entries } = root.crl({ revoked: even }).facts;
    t.equal(entries.size, count);
    t.strictSame([...entries.serials()].sort(), [...even].sort());
    t.ok(even.every((serial) => entries.get(serial) !== undefined));
    for (const serial of ['', '00', '02', 'FFFFFF', `00${even[0]}`, 'FF'.repeat(21)])
      t.equal(entries.get(serial), undefined);
  }
  t.equal(root.crl().facts.entries.get('01'), undefined, 'in an empty list');
});

t.test('a list made again from what was found in it', async (t) => {
  const { facts } = root.crl({ revoked: [{ serial: '0A', reason: 'superseded' }, '0B'], number: 9 });
  const again = unpackCrl(structuredClone(packCrl(facts)));
  t.match(again, { fingerprint: facts.fingerprint, crlNumber: 9n, thisUpdate: facts.thisUpdate });
  t.equal(again.issuer.matchKey, facts.issuer.matchKey);
  t.same(again.entries.get('0A'), facts.entries.get('0A'));
  t.equal(again.entries.size, 2);
  const odd = [{ serial: '0A', extensions: [{ oid: '1.2.3', critical: true, value: Uint8Array.of(5, 0) }] }];
  t.same([...unpackCrl(packCrl(root.crl({ revoked: odd }).facts)).criticalEntryExtensions], ['1.2.3']);
});

t.test('lists are told apart by their content', async (t) => {
  const { der, facts } = root.crl();
  t.match(facts.fingerprint, /^[0-9a-f]{64}$/);
  t.equal(parseCrl(der).fingerprint, facts.fingerprint);
  t.not(root.crl({ number: 2 }).facts.fingerprint, facts.fingerprint);
});
