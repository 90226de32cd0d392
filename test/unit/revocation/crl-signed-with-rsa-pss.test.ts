import { constants, sign } from 'node:crypto';
import t from 'tap';
import { createCrlStore } from '../../../src/revocation/crl-store.ts';
import { parseCrl } from '../../../src/x509/crl.ts';
import {
  bitString,
  context,
  integer,
  nullValue,
  oid,
  sequence,
  sequenceOf,
  time,
} from '../../../src/x509/der-writer.ts';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';
import { DAY_MS, NOW } from './ask.ts';

const SALT_OCTETS = 32;
const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nullValue());
/** As AD CS writes it with AlternateSignatureAlgorithm (RFC 4055 3.1). */
const PSS = sequence(
  oid('1.2.840.113549.1.1.10'),
  sequence(
    context(0, SHA256),
    context(1, sequence(oid('1.2.840.113549.1.1.8'), SHA256)),
    context(2, integer(SALT_OCTETS)),
  ),
);

function makeList(issuer: TestCertificate, revoked: TestCertificate, saltLength: number) {
  const entry = sequence(integer(Buffer.from(revoked.facts.serial, 'hex')), time(NOW - DAY_MS));
  const dates = [time(NOW - DAY_MS), time(NOW + DAY_MS)];
  const tbs = sequence(integer(1), PSS, issuer.subjectName, ...dates, sequenceOf([entry]));
  const signature = sign('sha256', tbs, { key: issuer.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  return parseCrl(sequence(tbs, PSS, bitString(signature)));
}

t.test('a list signed with RSASSA-PSS counts', async (t) => {
  const root = makeRoot({ key: 'rsa2048' });
  const [revoked, good] = [root.client(), root.client()];
  const ask = (certificate: TestCertificate, saltLength: number) => {
    const store = createCrlStore({ crls: [makeList(root, revoked, saltLength)], authorities: [root.facts] });
    return store.answersFor([certificate.facts, root.facts], NOW, 0);
  };
  t.match(ask(good, SALT_OCTETS), [{ status: 'good' }]);
  t.match(ask(revoked, SALT_OCTETS), [{ status: 'revoked' }]);
  t.match(
    ask(good, 20),
    [{ status: 'unknown', note: /signature-wrong/ }],
    'with another salt than it says it does not',
  );
});
