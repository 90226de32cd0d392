import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import t, { type Test } from 'tap';
import { canonicalSerial } from '../../../src/model/text.ts';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { Malformed } from '../../../src/x509/malformed.ts';
import { attributeValues, formatRfc4514 } from '../../../src/x509/name-text.ts';
import { checkSignature } from '../../../src/x509/signature.ts';
import { makeRoot } from '../../kit/pki.ts';

function compare(t: Test, der: Uint8Array): void {
  const facts = parseCertificate(der);
  const node = new X509Certificate(der);
  t.equal(facts.serial, canonicalSerial(node.serialNumber), 'serial number');
  t.equal(facts.notBefore, node.validFromDate.getTime(), 'notBefore');
  t.equal(facts.notAfter, node.validToDate.getTime(), 'notAfter');
  t.equal(facts.fingerprint, node.fingerprint256.replaceAll(':', '').toLowerCase(), 'fingerprint');
  t.equal(facts.known.basicConstraints?.ca ?? false, node.ca, 'CA flag');
  t.ok(facts.publicKey.key().equals(node.publicKey), 'public key');
  t.same(facts.known.extendedKeyUsage, node.keyUsage, 'extended key usage');
}

t.test('certificates of the kit', async (t) => {
  for (const serial of ['01', '7f', '0080', '00ff', `7f${'ff'.repeat(19)}`]) compare(t, makeRoot({ serial }).der);
  for (const key of ['ec', 'p384', 'p521', 'rsa2048', 'ed25519'] as const)
    compare(t, makeRoot({ key }).client({ key }).der);
  const dates = { notBefore: Date.UTC(1999, 11, 31), notAfter: Date.UTC(9999, 11, 31, 23, 59, 59) };
  compare(t, makeRoot(dates).der);
  compare(t, makeRoot({ notAfter: Date.UTC(2049, 11, 31, 23, 59, 59) }).der);
  compare(t, makeRoot({ notAfter: Date.UTC(2050, 0, 1) }).der);
  compare(t, makeRoot({ version: 1 }).der);
});

t.test('the roots that Node ships', async (t) => {
  // Serial number zero, which RFC 5280 4.1.2.2 forbids, is on a handful of them.
  const zero: string[] = [];
  for (const pem of rootCertificates) {
    const node = new X509Certificate(pem);
    try {
      compare(t, node.raw);
      const facts = parseCertificate(node.raw);
      const fault = checkSignature(facts, facts.publicKey);
      if (fault !== undefined) t.equal(fault, 'algorithm-weak', formatRfc4514(facts.subject));
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      t.match(error.message, /serialNumber: INTEGER is zero/);
      zero.push(node.subject);
    }
  }
  t.ok(zero.length < rootCertificates.length / 10);
});

t.test('names in the kit’s own order', async (t) => {
  const client = makeRoot().client({
    subject: [
      { type: 'CN', value: 'first' },
      { type: 'CN', value: 'second' },
    ],
  });
  t.same(attributeValues(client.facts.subject, 'CN'), ['first', 'second']);
  t.same(new X509Certificate(client.der).subject, 'CN=first\nCN=second');
});
