import t from 'tap';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { parseCrl } from '../../../src/x509/crl.ts';
import { readCertificates, readCrls } from '../../../src/x509/files.ts';
import { Malformed } from '../../../src/x509/malformed.ts';
import { formatRfc4514 } from '../../../src/x509/name-text.ts';
import { checkSignature } from '../../../src/x509/signature.ts';
import { makeRoot } from '../../kit/pki.ts';

const root = makeRoot({ key: 'rsa2048' });
const certificate = root.client({
  subject: [
    { type: 'O', value: 'Org' },
    [
      { type: 'CN', value: 'alice' },
      { type: 'UID', value: '7' },
    ],
  ],
  san: [
    { kind: 'upn', value: 'a@b' },
    { kind: 'dns', value: 'a.example' },
    { kind: 'ip', value: '::1' },
  ],
  crlUris: ['http://c.example/a.crl'],
  ocspUris: ['http://o.example/'],
});
const crl = root.crl({ revoked: [certificate, { serial: '0A', reason: 'keyCompromise' }] });

/** Numbers that are the same in every run (mulberry32). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function damage(bytes: Uint8Array, random: (limit: number) => number): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (let count = 1 + random(3); count > 0; count--) copy[random(copy.length)] = random(256);
  return random(4) === 0 ? copy.subarray(0, random(copy.length)) : copy;
}

function countOutcomes(bytes: Uint8Array, use: (damaged: Uint8Array) => void): { read: number; malformed: number } {
  const random = createRandom(20260101);
  const outcomes = { read: 0, malformed: 0 };
  for (let round = 0; round < 4000; round++) {
    try {
      use(damage(bytes, random));
      outcomes.read++;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      outcomes.malformed++;
    }
  }
  return outcomes;
}

t.test('certificates', async (t) => {
  t.equal(checkSignature(certificate.facts, root.facts.publicKey), undefined, 'sound before');
  const { read, malformed } = countOutcomes(certificate.der, (damaged) => {
    const facts = parseCertificate(damaged);
    formatRfc4514(facts.subject);
    const fault = checkSignature(facts, root.facts.publicKey);
    // Same bytes by chance are the only thing that may verify.
    if (fault === undefined && Buffer.compare(damaged, certificate.der) !== 0)
      throw new Error('a damaged one verifies');
    checkSignature(root.facts, facts.publicKey);
  });
  t.ok(read > 100 && malformed > 1000, `${read} read, ${malformed} malformed`);
});

t.test('CRLs', async (t) => {
  const { read, malformed } = countOutcomes(crl.der, parseCrl);
  t.ok(read > 100 && malformed > 1000, `${read} read, ${malformed} malformed`);
});

t.test('files: damage is a problem, never a throw and never nothing', async (t) => {
  const random = createRandom(7);
  for (const text of [certificate.pem + root.pem, root.pem + crl.pem]) {
    for (let round = 0; round < 500; round++) {
      const damaged = damage(Buffer.from(text), random);
      const { certificates, problems } = readCertificates(damaged);
      if (certificates.length + problems.length === 0) t.fail('a file that says nothing');
      readCrls(damaged);
    }
  }
  t.pass('all read');
});
