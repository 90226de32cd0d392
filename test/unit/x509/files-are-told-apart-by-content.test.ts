import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { context, encode, integer, oid, sequence } from '../../../src/x509/der-writer.ts';
import { readCertificates, readCrls } from '../../../src/x509/files.ts';
import { encodePem } from '../../../src/x509/pem.ts';
import { makeRoot } from '../../kit/pki.ts';

const root = makeRoot();
const alice = root.client();
const crl = root.crl({ revoked: [alice] });

/** Certificates and CRLs only, no signers. */
function makeBag(certificates: readonly Uint8Array[], crls: readonly Uint8Array[]): Uint8Array {
  return sequence(
    oid('1.2.840.113549.1.7.2'),
    context(
      0,
      sequence(
        integer(1),
        encode(0x31),
        sequence(oid('1.2.840.113549.1.7.1')),
        ...(certificates.length === 0 ? [] : [context(0, ...certificates)]),
        ...(crls.length === 0 ? [] : [context(1, ...crls)]),
        encode(0x31),
      ),
    ),
  );
}

const subjects = (bytes: Uint8Array) => readCertificates(bytes).certificates.map(({ facts }) => facts.fingerprint);
const BOTH = [root.facts.fingerprint, alice.facts.fingerprint];

t.test('certificates', async (t) => {
  const bag = makeBag([root.der, alice.der], [crl.der]);
  t.same(subjects(Buffer.from(root.pem + alice.pem)), BOTH);
  t.same(
    readCertificates(Buffer.from(root.pem + alice.pem)).certificates.map(({ line }) => line),
    [1, root.pem.split('\n').length],
  );
  t.same(subjects(Buffer.from(root.pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'))), BOTH.slice(0, 1));
  t.same(subjects(alice.der), BOTH.slice(1));
  t.equal(readCertificates(alice.der).certificates[0]?.line, undefined);
  t.same(subjects(bag), BOTH);
  t.same(subjects(Buffer.from(encodePem('PKCS7', bag))), BOTH);
  t.same(subjects(Buffer.from(alice.keyPem + alice.pem)), BOTH.slice(1), 'a key beside it is somebody else’s business');
  t.same(readCertificates(Buffer.from(alice.keyPem + alice.pem)).problems, []);
});

t.test('CRLs', async (t) => {
  const serials = (bytes: Uint8Array) => readCrls(bytes).crls.map(({ facts }) => [...facts.entries.serials()]);
  const expected = [[alice.facts.serial]];
  t.same(serials(crl.der), expected);
  t.same(serials(Buffer.from(crl.pem)), expected);
  t.same(serials(Buffer.from(root.pem + crl.pem)), expected);
  t.same(serials(makeBag([root.der], [crl.der])), expected);
  t.equal(readCrls(Buffer.from(root.pem + crl.pem)).crls[0]?.line, root.pem.split('\n').length);
});

t.test('problems', async (t) => {
  const problems = (content: string | Uint8Array) => readCertificates(Buffer.from(content)).problems;
  t.same(problems(root.pem), []);
  t.same(problems(''), [{ line: undefined, message: 'neither PEM nor DER' }]);
  t.same(problems('hello'), [{ line: undefined, message: 'neither PEM nor DER' }]);
  t.same(problems(crl.pem), [{ line: undefined, message: 'holds no certificate' }]);
  t.same(problems(root.keyPem), [{ line: undefined, message: 'holds no certificate' }]);
  t.same(problems(makeBag([], [crl.der])), [{ line: undefined, message: 'holds no certificate' }]);
  t.same(readCrls(Buffer.from(root.pem)).problems, [{ line: undefined, message: 'holds no CRL' }]);
  t.match(problems(crl.der), [{ line: undefined, message: /^certificate/ }]);
  t.match(problems(root.der.subarray(0, 100)), [{ line: undefined, message: /longer than what holds it/ }]);
  t.match(problems(Buffer.concat([root.der, alice.der])), [{ line: undefined, message: /octets too many/ }]);
  t.match(problems(root.pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')), [
    { line: 1, message: 'TRUSTED CERTIFICATE is not supported; export it as CERTIFICATE' },
  ]);
  t.match(problems(root.pem + alice.pem.slice(0, 200)), [{ message: 'the CERTIFICATE block has no END' }]);
  t.match(problems(encodePem('PKCS7', root.der)), [{ line: 1, message: /^pkcs7/ }]);
  t.match(problems(sequence(oid('1.2.3'))), [{ message: 'pkcs7.contentType: not SignedData' }]);
  const mixed = readCertificates(Buffer.from(encodePem('CERTIFICATE', crl.der) + alice.pem));
  t.match(mixed, { certificates: [{ facts: { serial: alice.facts.serial } }], problems: [{ line: 1 }] });
});

t.test('a PKCS#7 file of OpenSSL', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'both.pem'), root.pem + alice.pem);
  const made = spawnSync('openssl', ['crl2pkcs7', '-nocrl', '-certfile', 'both.pem', '-outform', 'DER'], {
    cwd: folder,
  });
  if (made.error !== undefined) return t.comment('skipped: no openssl command here');
  t.same(subjects(made.stdout), BOTH);
});
