import t from 'tap';
import { parseCrl } from '../../../src/x509/crl.ts';
import { TAG } from '../../../src/x509/der.ts';
import {
  bitString,
  boolean,
  context,
  encode,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  sequenceOf,
  time,
} from '../../../src/x509/der-writer.ts';
import { makeRoot } from '../../kit/pki.ts';
import { rawName } from '../../kit/raw-certificate.ts';

const AT = Date.UTC(2026, 0, 1);
const ALGORITHM = sequence(oid('1.3.101.112'));
const NOTHING = new Uint8Array();

interface RawCrl {
  readonly version?: Uint8Array | null;
  readonly entries?: readonly Uint8Array[] | null;
  readonly extensions?: Uint8Array | null;
  readonly behindTbs?: Uint8Array;
  readonly outerAlgorithm?: Uint8Array;
  readonly behindAll?: Uint8Array;
}

function read(parts: RawCrl = {}) {
  const { version = integer(1), entries = null, extensions = null } = parts;
  const tbs = sequence(
    version ?? NOTHING,
    ALGORITHM,
    rawName('issuer'),
    time(AT),
    time(AT + 86_400_000),
    entries === null ? NOTHING : sequenceOf(entries),
    extensions === null ? NOTHING : context(0, extensions),
    parts.behindTbs ?? NOTHING,
  );
  const crl = sequence(tbs, parts.outerAlgorithm ?? ALGORITHM, bitString(new Uint8Array(64)));
  return parseCrl(Buffer.concat([crl, parts.behindAll ?? NOTHING]));
}

const entry = (serial: Uint8Array, ...extensions: readonly Uint8Array[]) =>
  sequence(serial, time(AT), ...(extensions.length === 0 ? [] : [sequence(...extensions)]));
const reason = (number: number) =>
  sequence(oid('2.5.29.21'), octetString(encode(TAG.enumerated, Uint8Array.of(number))));
const certificateIssuer = sequence(oid('2.5.29.29'), boolean(true), octetString(sequence()));

t.test('a CRL of the kit', async (t) => {
  const root = makeRoot();
  const revoked = root.client();
  const { facts } = root.crl({
    revoked: [revoked, { serial: '0A1B', revokedAt: AT, reason: 'keyCompromise' }],
    thisUpdate: AT,
    nextUpdate: AT + 1000,
    number: 258,
  });
  t.match(facts, { thisUpdate: AT, nextUpdate: AT + 1000, crlNumber: 258n, authorityKeyId: root.keyId });
  t.equal(facts.issuer.matchKey, root.facts.subject.matchKey);
  t.same(facts.entries.get(revoked.facts.serial), { revokedAt: AT, reason: undefined });
  t.same(facts.entries.get('0A1B'), { revokedAt: AT, reason: 'keyCompromise' });
  t.equal(facts.entries.size, 2);
  t.equal(facts.criticalEntryExtensions.size, 0);
  const bare = root.crl({ nextUpdate: null, number: null, authorityKeyId: null }).facts;
  t.match(bare, { nextUpdate: undefined, crlNumber: undefined, authorityKeyId: undefined, extensions: [] });
  t.equal(bare.entries.size, 0);
});

t.test('versions and emptiness', async (t) => {
  t.equal(read({ version: null, entries: [entry(integer(1))] }).entries.size, 1, 'version 1 has no extensions');
  t.equal(read({ entries: [] }).entries.size, 0, 'an empty list says nothing is revoked');
});

t.test('entries that change the meaning of the list', async (t) => {
  t.same([...read({ entries: [entry(integer(1), reason(1))] }).criticalEntryExtensions], []);
  t.same([...read({ entries: [entry(integer(1), certificateIssuer)] }).criticalEntryExtensions], ['2.5.29.29']);
  const unknown = (critical: readonly Uint8Array[]) => sequence(oid('1.2.3'), ...critical, octetString(nullValue()));
  t.same([...read({ entries: [entry(integer(1), unknown([]))] }).criticalEntryExtensions], []);
  t.same([...read({ entries: [entry(integer(1), unknown([boolean(true)]))] }).criticalEntryExtensions], ['1.2.3']);
  const lenient = sequence(oid('2.5.29.29'), octetString(sequence()));
  t.same([...read({ entries: [entry(integer(1), lenient)] }).criticalEntryExtensions], ['2.5.29.29']);
});

t.test('the same serial number twice', async (t) => {
  const reasons = (...numbers: readonly number[]) =>
    read({ entries: numbers.map((number) => entry(integer(1), reason(number))) }).entries.get('01')?.reason;
  t.equal(reasons(1), 'keyCompromise');
  t.equal(reasons(1, 8), 'keyCompromise', 'a removal does not undo it');
  t.equal(reasons(8, 1), 'keyCompromise');
  t.equal(reasons(8), 'removeFromCRL');
});

t.test('serial numbers that no certificate has are passed over', async (t) => {
  const odd = [integer(0), encode(TAG.integer, Uint8Array.of(0xff)), integer(2n ** 200n)];
  const { entries } = read({ entries: [...odd.map((serial) => entry(serial)), entry(integer(255))] });
  t.same([...entries.serials()], ['FF'], 'and -1 is not 255');
});

t.test('what is malformed', async (t) => {
  t.doesNotThrow(() => read({ entries: [entry(integer(1), reason(0))] }));
  const extension = sequence(oid('1.2.3'), octetString(nullValue()));
  t.doesNotThrow(() => read({ extensions: sequence(extension) }));
  const number = (value: Uint8Array) => sequence(sequence(oid('2.5.29.20'), octetString(value)));
  t.equal(read({ extensions: number(integer(7)) }).crlNumber, 7n);
  const entryWhere = 'crl.tbs.revokedCertificates.entry';
  const table: [RawCrl, string][] = [
    [{ behindAll: nullValue() }, 'crl: 2 octets too many'],
    [{ behindTbs: nullValue() }, 'crl.tbs: 2 octets too many'],
    [{ version: integer(0) }, 'crl.tbs.version: no such version'],
    [{ version: integer(2) }, 'crl.tbs.version: no such version'],
    [{ outerAlgorithm: sequence(oid('1.3.101.113')) }, 'crl.signatureAlgorithm: not the algorithm inside'],
    [{ version: null, extensions: sequence(extension) }, 'crl.tbs.crlExtensions: extensions in version 1'],
    [{ version: null, entries: [entry(integer(1), reason(1))] }, `${entryWhere}: 14 octets too many`],
    [{ extensions: sequence() }, 'crl.tbs.crlExtensions: no extensions'],
    [{ extensions: sequence(extension, extension) }, 'crl.tbs.crlExtensions[1]: extension 1.2.3 is there twice'],
    [
      { extensions: number(encode(TAG.integer, Uint8Array.of(0xff))) },
      'crl.tbs.crlExtensions.crlNumber: CRL number out of range',
    ],
    [{ extensions: number(integer(2n ** 160n)) }, 'crl.tbs.crlExtensions.crlNumber: CRL number out of range'],
    [{ entries: [entry(integer(1), reason(7))] }, `${entryWhere}.crlEntryExtensions.reasonCode: no such reason`],
    [{ entries: [entry(integer(1), reason(11))] }, `${entryWhere}.crlEntryExtensions.reasonCode: no such reason`],
    [
      { entries: [entry(encode(TAG.integer, Uint8Array.of(0, 1)))] },
      `${entryWhere}.userCertificate: INTEGER is not minimal`,
    ],
    [{ entries: [sequence(integer(1))] }, `${entryWhere}.revocationDate: missing`],
    [{ entries: [nullValue()] }, `${entryWhere}: tag 0x05 instead of 0x30`],
  ];
  for (const [parts, message] of table) t.throws(() => read(parts), { name: 'Malformed', message });
});

t.test('a hundred thousand entries', async (t) => {
  const entries = Array.from({ length: 100_000 }, (_, index) => entry(integer(index + 1), reason(4)));
  const facts = read({ entries });
  t.equal(facts.entries.size, 100_000);
  t.same(facts.entries.get('0186A0'), { revokedAt: AT, reason: 'superseded' });
});
