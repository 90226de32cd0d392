import t, { type Test } from 'tap';
import type { RevocationAnswer } from '../../../src/model/verdict.ts';
import { judgeOcspResponse, type OcspQuestion } from '../../../src/revocation/ocsp/judge-response.ts';
import { nullValue } from '../../../src/x509/der-writer.ts';
import { parseOcspResponse } from '../../../src/x509/ocsp-response.ts';
import { makeOcspFacts, makeResponder, NO_CHECK, type OcspOptions, writeOcspStatus } from '../../kit/ocsp.ts';
import { makeKey, makeRoot, PURPOSE, type TestCertificate } from '../../kit/pki.ts';

const NOW = Math.floor(Date.now() / 1000) * 1000;
const HOUR_MS = 3_600_000;

const root = makeRoot({ name: 'Root' });
const client = root.client({ serial: '0A1B2C' });
const sound: OcspOptions = { producedAt: NOW, thisUpdate: NOW, nextUpdate: NOW + HOUR_MS };

function judge(options: OcspOptions = {}, question: Partial<OcspQuestion> = {}): RevocationAnswer {
  return judgeOcspResponse(makeOcspFacts(client, { ...sound, ...options }), questionOf(client, question));
}

function questionOf(certificate: TestCertificate, question: Partial<OcspQuestion>): OcspQuestion {
  return {
    certificate: certificate.facts,
    issuer: (certificate.issuers[0] as TestCertificate).facts,
    at: NOW,
    skewMs: 0,
    maxAgeMs: HOUR_MS,
    maxStaleMs: 0,
    keyLimits: { minRsaBits: 2048, maxRsaBits: 8192 },
    ...question,
  };
}

/** Unknown without dates, because of that check. */
function refuses(t: Test, check: string, options: OcspOptions, what: string, question: Partial<OcspQuestion> = {}) {
  const answer = judge(options, question);
  const expected = { status: 'unknown', source: 'ocsp', producedAt: undefined, nextUpdate: undefined };
  t.match(answer, { ...expected, note: new RegExp(`^OCSP ${check}: `) }, what);
}

t.test('good', async (t) => {
  t.strictSame(judge(), {
    status: 'good',
    source: 'ocsp',
    producedAt: NOW,
    nextUpdate: NOW + HOUR_MS,
    revokedAt: undefined,
    note: undefined,
  });
});

t.test('revoked', async (t) => {
  const status = { revokedAt: NOW - HOUR_MS, reason: 'keyCompromise' };
  t.match(judge({ status }), { status: 'revoked', source: 'ocsp', revokedAt: NOW - HOUR_MS, note: 'keyCompromise' });
  t.match(judge({ status: { revokedAt: NOW } }), { status: 'revoked', note: 'unspecified' });
  const old = { status, thisUpdate: NOW - 2 * HOUR_MS, nextUpdate: NOW - HOUR_MS };
  t.equal(judge({ ...old, status: 'good' }).status, 'unknown', 'an outdated answer clears nobody');
  t.equal(judge(old).status, 'revoked', 'but whom it names stays revoked');
});

t.test('unknown to the responder is not good', async (t) => {
  t.match(judge({ status: 'unknown' }), { status: 'unknown', producedAt: NOW, note: /^OCSP certificate-status: / });
});

t.test('a status instead of an answer', async (t) => {
  for (const number of [1, 2, 3, 5, 6]) {
    const answer = judgeOcspResponse(parseOcspResponse(writeOcspStatus(number)), questionOf(client, {}));
    t.match(answer, { status: 'unknown', producedAt: undefined, note: /^OCSP response-status: / }, `${number}`);
  }
});

t.test('the type of the answer', async (t) => {
  refuses(t, 'response-type', { responseType: '1.3.6.1.5.5.7.48.1.2' }, 'not id-pkix-ocsp-basic');
});

t.test('the certificate it speaks of', async (t) => {
  for (const hash of ['sha1', 'sha256'] as const) {
    t.equal(judge({ hash }).status, 'good', `named by ${hash}`);
    const wrong = 'ab'.repeat(hash === 'sha1' ? 20 : 32);
    refuses(t, 'certificate-id', { hash, certId: { issuerNameHash: wrong } }, `${hash}: another name of the issuer`);
    refuses(t, 'certificate-id', { hash, certId: { issuerKeyHash: wrong } }, `${hash}: another key of the issuer`);
  }
  refuses(t, 'certificate-id', { certId: { serial: '0A1B2D' } }, 'another number');
  refuses(t, 'certificate-id', { certId: { hashAlgorithm: '1.2.840.113549.2.5' } }, 'hashes said to be MD5');
  const [other, namesake] = [root.client(), makeRoot({ name: 'Root' })];
  refuses(t, 'certificate-id', { alone: true }, 'nobody at all');
  refuses(t, 'certificate-id', { alone: true, others: [[other, sound]] }, 'another certificate of the issuer');
  refuses(t, 'certificate-id', { issuer: namesake, signer: root }, 'one of a namesake of the issuer');
});

t.test('several answers in one', async (t) => {
  const revoked = { ...sound, status: { revokedAt: NOW } };
  const other = root.client();
  t.equal(judge({ others: [[other, revoked]] }).status, 'good', 'ours is picked');
  t.equal(judge({ ...revoked, others: [[other, sound]] }).status, 'revoked', 'whatever is said of others');
  for (const others of [[[client, revoked]], [[client, { ...revoked, hash: 'sha256' as const }]]] as const) {
    t.equal(judge({ others }).status, 'revoked', 'revoked beats good');
  }
  t.equal(judge({ ...revoked, others: [[client, sound]] }).status, 'revoked', 'in either order');
  t.equal(judge({ others: [[client, { ...sound, status: 'unknown' }]] }).status, 'unknown', 'unknown beats good');
});

t.test('times', async (t) => {
  const window = { thisUpdate: NOW - HOUR_MS, nextUpdate: NOW + HOUR_MS, producedAt: NOW - HOUR_MS };
  t.equal(judge(window, { at: NOW - HOUR_MS }).status, 'good', 'from thisUpdate');
  t.equal(judge(window, { at: NOW + HOUR_MS }).status, 'good', 'to nextUpdate');
  refuses(t, 'this-update', { ...window, thisUpdate: NOW }, 'before thisUpdate', { at: NOW - 1 });
  refuses(t, 'next-update', window, 'after nextUpdate', { at: NOW + HOUR_MS + 1 });
  const skewMs = 5_000;
  t.equal(judge({ ...window, thisUpdate: NOW }, { at: NOW - skewMs, skewMs }).status, 'good', 'skew at the begin');
  t.equal(judge(window, { at: NOW + HOUR_MS + skewMs, skewMs }).status, 'good', 'skew at the end');
  refuses(t, 'this-update', { ...window, thisUpdate: NOW }, 'skew ends', { at: NOW - skewMs - 1, skewMs });
  refuses(t, 'next-update', window, 'at both ends', { at: NOW + HOUR_MS + skewMs + 1, skewMs });
});

t.test('without nextUpdate it holds for maxAge', async (t) => {
  const open = { thisUpdate: NOW - HOUR_MS, nextUpdate: null };
  t.match(judge(open), { status: 'good', nextUpdate: NOW });
  refuses(t, 'next-update', open, 'and no longer', { at: NOW + 1 });
});

t.test('maxStale', async (t) => {
  const old = { thisUpdate: NOW - HOUR_MS, nextUpdate: NOW - 1000 };
  t.match(judge(old, { maxStaleMs: 1000 }), { status: 'good', nextUpdate: NOW - 1000, note: /is past its end/ });
  refuses(t, 'next-update', old, 'ends', { maxStaleMs: 999 });
});

t.test('when it was made', async (t) => {
  t.equal(judge({ producedAt: client.facts.notBefore }).status, 'good');
  refuses(t, 'produced-at', { producedAt: client.facts.notBefore - 1000 }, 'before the certificate');
  refuses(t, 'produced-at', { producedAt: NOW + 1000 }, 'in the future');
  t.equal(judge({ producedAt: NOW + 1000 }, { skewMs: 1000 }).status, 'good', 'skew');
});

t.test('the nonce', async (t) => {
  const nonce = new Uint8Array(32).fill(1);
  t.equal(judge({ nonce }, { nonce }).status, 'good', 'the one that was sent');
  refuses(t, 'nonce', { nonce: new Uint8Array(32).fill(2) }, 'another', { nonce });
  refuses(t, 'nonce', { nonce: nonce.subarray(1) }, 'a part of it', { nonce });
  t.equal(judge({}, { nonce }).status, 'good', 'none: made in advance');
  t.equal(judge({ nonce }).status, 'good', 'one that nobody asked for');
});

t.test('critical extensions', async (t) => {
  const strange = { oid: '1.2.3.4', value: nullValue() };
  const critical = { ...strange, critical: true };
  t.equal(judge({ extensions: [strange], responseExtensions: [strange] }).status, 'good', 'not critical');
  refuses(t, 'critical-extension', { extensions: [critical] }, 'of the single answer');
  refuses(t, 'critical-extension', { responseExtensions: [critical] }, 'of the response');
  const timestamps = { ...critical, oid: '1.3.6.1.4.1.11129.2.4.5' };
  t.equal(judge({ extensions: [timestamps] }).status, 'good', 'one that changes nothing');
  refuses(t, 'critical-extension', { responseExtensions: [timestamps] }, 'where it does not belong');
  const [others, question] = [[[root.client(), { ...sound, extensions: [critical] }]] as const, {}];
  t.equal(judge({ others }, question).status, 'good', 'of an answer about somebody else');
});

t.test('the issuer signs itself', async (t) => {
  for (const responderId of ['name', 'key'] as const) {
    t.equal(judge({ responderId }).status, 'good', `named by ${responderId}`);
    refuses(t, 'signature', { responderId, signWith: makeKey('ec') }, `${responderId}: another key signed`);
  }
  refuses(t, 'responder-id', { responderId: { name: [{ type: 'CN', value: 'Other' }] } }, 'under another name');
  refuses(t, 'signature', { signatureHash: 'sha1' }, 'with SHA-1');
  t.equal(judge({ certificates: [root] }).status, 'good', 'and sends its certificate along');
});

t.test('a delegated responder signs', async (t) => {
  for (const responderId of ['name', 'key'] as const) {
    t.match(judge({ signer: makeResponder(root), responderId }), { status: 'good', note: undefined }, responderId);
  }
  const refusesSigner = (check: string, signer: TestCertificate, what: string, question?: Partial<OcspQuestion>) =>
    refuses(t, check, { signer }, what, question);
  t.equal(judge({ signer: makeResponder(root, { eku: [PURPOSE.clientAuth, '1.3.6.1.5.5.7.3.9'] }) }).status, 'good');
  refusesSigner('signer-usage', makeResponder(root, { eku: [PURPOSE.clientAuth] }), 'not for OCSP signing');
  refusesSigner('signer-usage', makeResponder(root, { eku: ['2.5.29.37.0'] }), 'for anything, which is not enough');
  refusesSigner('signer-usage', makeResponder(root, { eku: null }), 'for nothing in particular');
  refusesSigner('signer-usage', client, 'a certificate of a client, even the one asked for');
  t.equal(judge({ signer: makeResponder(root, { keyUsage: null }) }).status, 'good', 'no key usage stated');
  refusesSigner('signer-usage', makeResponder(root, { keyUsage: ['keyEncipherment'] }), 'a key that may not sign');
  const critical = { oid: '1.2.3.4', critical: true, value: nullValue() };
  refusesSigner('signer-extension', makeResponder(root, { extensions: [critical] }), 'an unknown critical extension');
  refusesSigner('signer-key', makeResponder(root, { key: 'rsa1024' }), 'a weak key');
  refuses(t, 'signature', { signer: makeResponder(root), signWith: makeKey('ec') }, 'another key than its own');
  refuses(t, 'responder-id', { signer: makeResponder(root), certificates: [] }, 'its certificate is not there');
});

t.test('the certificate of a delegated responder comes from the issuer’s own key', async (t) => {
  const namesake = makeRoot({ name: 'Root' });
  refuses(t, 'signer-issuer', { signer: makeResponder(namesake) }, 'from a namesake');
  refuses(t, 'signer-issuer', { signer: makeResponder(makeRoot({ name: 'Other' })) }, 'from another authority');
  const below = root.intermediate({ name: 'Below' });
  const underneath = makeResponder(below);
  refuses(
    t,
    'signer-issuer',
    { signer: underneath, certificates: [underneath, below] },
    'the path below is not followed',
  );
  refuses(t, 'signer-issuer', { signer: underneath }, 'from an authority below');
  const selfSigned = makeRoot({ name: 'Test Responder', eku: ['1.3.6.1.5.5.7.3.9'], keyUsage: ['digitalSignature'] });
  refuses(t, 'signer-issuer', { signer: selfSigned }, 'from itself');
  const forged = makeResponder(root, { signWith: makeKey('ec') });
  refuses(t, 'signer-issuer', { signer: forged }, 'under the issuer’s name, signed by somebody else');
  refuses(t, 'signer-issuer', { signer: makeResponder(root, { signatureHash: 'sha1' }) }, 'signed with SHA-1');
});

t.test('the dates of a delegated responder', async (t) => {
  const signer = makeResponder(root, { notBefore: NOW - HOUR_MS, notAfter: NOW + 1000 });
  const options = { signer, thisUpdate: NOW - HOUR_MS, producedAt: client.facts.notBefore };
  const end = NOW + 1999;
  t.match(judge(options), { status: 'good', nextUpdate: end }, 'its end is that of the answer');
  t.equal(judge(options, { at: end }).status, 'good', 'the last second counts');
  refuses(t, 'signer-validity', options, 'expired', { at: end + 1 });
  refuses(
    t,
    'signer-validity',
    { ...options, signer: makeResponder(root, { notBefore: NOW + 1000 }) },
    'not yet valid',
  );
  t.equal(judge(options, { at: end + 500, skewMs: 500 }).status, 'good', 'skew');
});

t.test('a delegated responder that was revoked', async (t) => {
  const asked: string[] = [];
  const isRevoked: OcspQuestion['isRevoked'] = ({ serial }, issuer) => {
    t.equal(issuer, root.facts);
    asked.push(serial);
    return true;
  };
  const signer = makeResponder(root);
  t.equal(judge({ signer }, { isRevoked: () => false }).status, 'good', 'it was not');
  refuses(t, 'signer-revoked', { signer }, 'it was', { isRevoked });
  t.strictSame(asked, [signer.facts.serial]);
  const unchecked = makeResponder(root, { extensions: [NO_CHECK] });
  t.equal(judge({ signer: unchecked }, { isRevoked }).status, 'good', 'id-pkix-ocsp-nocheck: nobody asks');
  t.equal(judge({}, { isRevoked }).status, 'good', 'nor for the issuer itself');
  t.equal(asked.length, 1);
});

t.test('one of several certificates sent along is the right one', async (t) => {
  const [signer, expired] = [makeResponder(root), makeResponder(root, { notAfter: NOW - HOUR_MS })];
  for (const certificates of [
    [signer, expired, root],
    [root, expired, client, signer],
  ]) {
    t.equal(judge({ signer, certificates }).status, 'good');
  }
});
