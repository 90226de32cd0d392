import t from 'tap';
import { octetString } from '../../../src/x509/der-writer.ts';
import { Malformed } from '../../../src/x509/malformed.ts';
import { certIdOf } from '../../../src/x509/ocsp-cert-id.ts';
import { parseOcspResponse } from '../../../src/x509/ocsp-response.ts';
import { makeOcspFacts, makeResponder, writeOcspResponse, writeOcspStatus } from '../../kit/ocsp.ts';
import { makeRoot } from '../../kit/pki.ts';

const NOW = Math.floor(Date.now() / 1000) * 1000;
const root = makeRoot({ name: 'Root' });
const client = root.client();

t.test('everything it says', async (t) => {
  const facts = makeOcspFacts(client, { producedAt: NOW, thisUpdate: NOW - 1000, nextUpdate: NOW + 1000 });
  t.match(facts, { status: 'successful', responseType: '1.3.6.1.5.5.7.48.1.1' });
  t.match(facts.basic, { producedAt: NOW, extensions: [], certificates: [] });
  t.match(facts.basic?.responderId, { kind: 'name', name: { matchKey: root.facts.subject.matchKey } });
  t.strictSame(facts.basic?.responses, [
    {
      certId: certIdOf(client.facts, root.facts, 'sha1'),
      status: { kind: 'good' },
      thisUpdate: NOW - 1000,
      nextUpdate: NOW + 1000,
      extensions: [],
    },
  ]);
});

t.test('the forms of a status', async (t) => {
  const statusOf = (status: NonNullable<Parameters<typeof makeOcspFacts>[1]>['status']) =>
    makeOcspFacts(client, status === undefined ? {} : { status }).basic?.responses[0]?.status;
  t.strictSame(statusOf('good'), { kind: 'good' });
  t.strictSame(statusOf('unknown'), { kind: 'unknown' });
  t.strictSame(statusOf({ revokedAt: NOW }), { kind: 'revoked', revokedAt: NOW, reason: undefined });
  t.strictSame(statusOf({ revokedAt: NOW, reason: 'keyCompromise' }), {
    kind: 'revoked',
    revokedAt: NOW,
    reason: 'keyCompromise',
  });
  t.throws(() => statusOf({ revokedAt: NOW, reason: 'nonsense' }), Malformed, 'a reason that does not exist');
});

t.test('who answers, when and what beside', async (t) => {
  const signer = makeResponder(root);
  const facts = makeOcspFacts(client, { signer, responderId: 'key', nextUpdate: null, nonce: new Uint8Array(32) });
  t.match(facts.basic?.responderId, { kind: 'key', keyHash: /^[0-9a-f]{40}$/ });
  t.equal(facts.basic?.responses[0]?.nextUpdate, undefined);
  t.strictSame(
    facts.basic?.certificates.map(({ fingerprint }) => fingerprint),
    [signer.facts.fingerprint],
  );
  t.strictSame(facts.basic?.extensions, [
    { oid: '1.3.6.1.5.5.7.48.1.2', critical: false, value: octetString(new Uint8Array(32)) },
  ]);
});

t.test('statuses without an answer', async (t) => {
  const statusOf = (number: number) => parseOcspResponse(writeOcspStatus(number)).status;
  t.strictSame([1, 2, 3, 5, 6].map(statusOf), [
    'malformedRequest',
    'internalError',
    'tryLater',
    'sigRequired',
    'unauthorized',
  ]);
  for (const number of [4, 7, 0x7f]) t.throws(() => statusOf(number), Malformed, `no status ${number}`);
  t.throws(() => statusOf(0), Malformed, 'successful, but without an answer');
});

t.test('another type of answer is named and not read', async (t) => {
  t.strictSame(makeOcspFacts(client, { responseType: '1.2.3' }), {
    status: 'successful',
    responseType: '1.2.3',
    basic: undefined,
  });
});

t.test('bounds', async (t) => {
  const der = writeOcspResponse(client);
  t.ok(parseOcspResponse(der, der.length));
  t.throws(() => parseOcspResponse(der, der.length - 1), Malformed, 'an octet more than may be');
  const eight = Array.from({ length: 8 }, () => root);
  t.equal(makeOcspFacts(client, { certificates: eight }).basic?.certificates.length, 8);
  t.throws(() => makeOcspFacts(client, { certificates: [...eight, root] }), Malformed, 'nine certificates');
});

t.test('a certificate beside the signature that cannot be read is passed over', async (t) => {
  const broken = root.client({ serial: '00' });
  t.throws(() => broken.facts, Malformed);
  t.equal(makeOcspFacts(client, { certificates: [broken, root] }).basic?.certificates.length, 1);
});

t.test('damage at any octet is malformed or read as something else, and nothing else comes out', async (t) => {
  const der = writeOcspResponse(client, { signer: makeResponder(root), nonce: new Uint8Array(32) });
  for (let at = 0; at < der.length; at++) {
    const cut = der.slice(0, at);
    t.throws(() => parseOcspResponse(cut), Malformed, `cut at ${at}`);
    const changed = Uint8Array.from(der);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    try {
      parseOcspResponse(changed);
    } catch (error) {
      if (!(error instanceof Malformed)) t.fail(`octet ${at}: ${error}`);
    }
  }
  t.throws(() => parseOcspResponse(Buffer.concat([der, Uint8Array.of(0)])), Malformed, 'an octet behind it');
});
