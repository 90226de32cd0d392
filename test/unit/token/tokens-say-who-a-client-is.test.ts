// Read by jose, which knows nothing of how they are made.

import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import t from 'tap';
import type { TokenAlgorithm } from '../../../src/token/signing-key.ts';
import { AUDIENCE, ISSUER, identityOf, makeClient, makeSigningKey, NOW, startWriting } from './parts.ts';

const certificate = makeClient({ cn: 'alice', serial: '0A1B2C' });
const ALICE = { name: 'alice@corp.example', roles: ['orders-read', 'Prüfer'], from: 'directory' } as const;
const alice = identityOf(certificate, ALICE);
const options = { issuer: ISSUER, audience: AUDIENCE, typ: 'JWT', currentDate: new Date(NOW) };

for (const algorithm of ['ES256', 'EdDSA'] satisfies TokenAlgorithm[]) {
  t.test(algorithm, async (t) => {
    const { keySet, tokenFor } = startWriting([makeSigningKey(algorithm)]);
    const set = JSON.parse(keySet) as JSONWebKeySet;
    const keys = createLocalJWKSet(set);
    const token = tokenFor(alice) ?? '';
    const { payload, protectedHeader } = await jwtVerify(token, keys, { ...options, algorithms: [algorithm] });

    const [published] = set.keys;
    const kid = await calculateJwkThumbprint(published ?? {}, 'sha256');
    t.strictSame(protectedHeader, { alg: algorithm, kid, typ: 'JWT' });
    t.match(published, { kid, alg: algorithm, use: 'sig' });
    t.notOk('d' in (published ?? {}), 'the private part stays here');

    const seconds = NOW / 1000;
    t.strictSame(payload, {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: ALICE.name,
      iat: seconds,
      nbf: seconds - 30,
      exp: seconds + 60,
      account: ALICE.name,
      roles: ALICE.roles,
      subject: 'CN=alice',
      issuer: 'CN=Test Issuing',
      issuer_key: certificate.issuers[0]?.facts.publicKey.spkiHash,
      serial: '0A1B2C',
      not_after: Math.floor(certificate.facts.notAfter / 1000),
      cnf: { 'x5t#S256': createHash('sha256').update(certificate.der).digest('base64url') },
    });

    const others = createLocalJWKSet(JSON.parse(startWriting([makeSigningKey(algorithm)]).keySet));
    const refused: readonly [string, string, Parameters<typeof jwtVerify>[1], object][] = [
      ['of another issuer', 'ERR_JWT_CLAIM_VALIDATION_FAILED', keys, { issuer: 'https://other.example' }],
      ['for another service', 'ERR_JWT_CLAIM_VALIDATION_FAILED', keys, { audience: 'payroll' }],
      ['when it is over', 'ERR_JWT_EXPIRED', keys, { currentDate: new Date(NOW + 60_000) }],
      ['before its time', 'ERR_JWT_CLAIM_VALIDATION_FAILED', keys, { currentDate: new Date(NOW - 31_000) }],
      ['by other keys', 'ERR_JWKS_NO_MATCHING_KEY', others, {}],
    ];
    for (const [name, code, by, change] of refused) {
      await t.rejects(jwtVerify(token, by as typeof keys, { ...options, ...change }), { code }, name);
    }
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url');
    const code = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
    await t.rejects(jwtVerify(`${head}.${forged}.${signature}`, keys, options), { code }, 'with other claims');
  });
}

t.test('a client without an account is called by its subject', async (t) => {
  const { keySet, tokenFor } = startWriting([makeSigningKey()]);
  const keys = createLocalJWKSet(JSON.parse(keySet));
  const claimsOf = async (token = '') => (await jwtVerify(token, keys, options)).payload;
  const claims = await claimsOf(tokenFor(identityOf(certificate)));
  t.equal(claims.sub, 'CN=alice');
  t.notOk('account' in claims || 'roles' in claims);

  const nameless = await claimsOf(tokenFor(identityOf(makeClient({ subject: [] }))));
  t.notOk('sub' in nameless, 'nobody is called by an empty name');
  t.equal(nameless.subject, '');

  const anchor = { ...identityOf(certificate), path: [certificate.facts] };
  const { issuer_key } = await claimsOf(tokenFor(anchor));
  t.equal(issuer_key, certificate.facts.publicKey.spkiHash, 'an anchor vouches for itself');

  t.equal(tokenFor(undefined), undefined, 'nobody has no token');
});

t.test('names come through in any script, and into no other claim', async (t) => {
  const { keySet, tokenFor } = startWriting([makeSigningKey('ES256')]);
  const keys = createLocalJWKSet(JSON.parse(keySet));
  const name = '","roles":["admin"],"x":"李 \u0000\r\n';
  const token = tokenFor(identityOf(makeClient({ cn: name }), { name, roles: [], from: 'mapping' })) ?? '';
  t.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/, 'what a header can carry');
  const { payload } = await jwtVerify(token, keys, options);
  t.match(payload, { sub: name, account: name });
  t.strictSame(payload.roles, []);
  t.equal(decodeProtectedHeader(token).alg, 'ES256');
});
