// The apps of examples/ that verify tokens: those of the gateway are taken, whoever sends them; no others are.

import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose';
import t, { type Test } from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { type ExampleApp, sendStraight, startExample, startGatewayFor } from '../kit/example.ts';
import { makePki, type TestGateway } from '../kit/gateway.ts';

const APPS = ['express/with-token.ts', 'fastify/with-token.ts'];
const ISSUER = 'https://gateway.example';
const AUDIENCE = 'orders';

const pki = makePki();
const alice = pki.issuing.client({ cn: 'alice' });
const bob = pki.issuing.client({ cn: 'bob' });
const stranger = pki.issuing.client({ cn: 'stranger' });

const KNOWN = [
  { certificate: alice, account: 'alice', roles: ['auditor', 'reader'] },
  { certificate: bob, account: 'bob' },
];

const makeKey = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const gatewayKey = makeKey();

const yaml = `
token: { issuer: "${ISSUER}", keyFiles: [token.key] }
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    tokenKeys: true
    clientCertificate: accept
    paths:
      /whoami/strict: { clientCertificate: require }
`;

/** Each knows the other: the app fetches the keys from the gateway, which forwards to the app. */
async function startBoth(
  t: Test,
  program: string,
): Promise<{ gateway: TestGateway; app: ExampleApp; other: ExampleApp }> {
  const upstreamOptions = `token: { audience: ${AUDIENCE} }`;
  const files = { 'token.key': gatewayKey, 'other-ca.pem': pki.foreign.pem };
  const gateway = await startGatewayFor(t, KNOWN, { pki, upstreamPort: 1, upstreamOptions, files, yaml });
  const env = { ISSUER, AUDIENCE, JWKS_URL: `https://localhost:${gateway.port}/.well-known/portcullis/jwks.json` };
  const [app, other] = await Promise.all(
    ['ca.pem', 'other-ca.pem'].map((ca) =>
      startExample(t, ['node', program], { ...env, GATEWAY_CA: join(gateway.folder, ca) }),
    ),
  );
  if (app === undefined || other === undefined) throw new Error('they did not start');
  await gateway.reload({ upstreamPort: app.port });
  return { gateway, app, other };
}

interface TokenOptions {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Partial<JWTHeaderParameters>;
  readonly key?: string;
}

/** One as the gateway would make it, but for what is said otherwise. */
async function makeToken({ claims, header, key = gatewayKey }: TokenOptions = {}): Promise<string> {
  const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(gatewayKey)));
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + 60, account: 'mallory', roles: ['auditor'] };
  const token = new SignJWT({ ...payload, serial: '01', issuer_key: 'a'.repeat(64), ...claims });
  return token
    .setProtectedHeader({ alg: 'EdDSA', kid, ...header })
    .sign(header?.alg === 'HS256' ? new TextEncoder().encode(key) : createPrivateKey(key));
}

async function makeBadTokens(): Promise<Readonly<Record<string, string>>> {
  const now = Math.floor(Date.now() / 1000);
  const good = await makeToken();
  const [head, , signature] = good.split('.');
  const [, otherBody] = (await makeToken({ claims: { account: 'root' } })).split('.');
  const publicKey = createPublicKey(gatewayKey).export({ type: 'spki', format: 'pem' }).toString();
  return {
    none: '',
    'cut off': good.slice(0, -1),
    'with another body': `${head}.${otherBody}.${signature}`,
    'of another audience': await makeToken({ claims: { aud: 'billing' } }),
    'without an audience': await makeToken({ claims: { aud: undefined } }),
    'of another issuer': await makeToken({ claims: { iss: 'https://other.example' } }),
    expired: await makeToken({ claims: { iat: now - 120, exp: now - 60 } }),
    endless: await makeToken({ claims: { exp: undefined } }),
    'not yet good': await makeToken({ claims: { nbf: now + 60 } }),
    'of another key under the same id': await makeToken({ key: makeKey() }),
    'of an unknown key': await makeToken({ key: makeKey(), header: { kid: 'another' } }),
    'with the public key as a password': await makeToken({ key: publicKey, header: { alg: 'HS256' } }),
    unsigned: new UnsecuredJWT({ aud: AUDIENCE, account: 'mallory' })
      .setIssuer(ISSUER)
      .setExpirationTime('1m')
      .encode(),
  };
}

for (const program of APPS) {
  t.test(program, async (t) => {
    const { gateway, app, other } = await startBoth(t, program);
    const ask = async (options: Partial<Parameters<typeof send>[1]>) => {
      const { status, text } = await send(t, { port: gateway.port, path: '/whoami', ...options });
      return [status, JSON.parse(text)];
    };
    const straight = async (to: ExampleApp, token: string, path = '/whoami') => {
      const { status, text } = await sendStraight(to, { 'X-Client-Token': token }, { path });
      return [status, JSON.parse(text)];
    };
    const issuerKey = pki.issuing.facts.publicKey.spkiHash;
    const isAlice = [200, { account: 'alice', roles: ['auditor', 'reader'], issuerKey, serial: alice.facts.serial }];
    const isNobody = [403, { error: 'no good token' }];

    t.test('through the gateway', async (t) => {
      t.strictSame(await ask({ certificate: alice }), isAlice);
      t.match(await ask({ certificate: bob }), [200, { account: 'bob', roles: [], serial: bob.facts.serial }]);
      t.match(await ask({ certificate: stranger }), [200, { account: null, roles: [] }]);
      t.strictSame(await ask({}), isNobody);
      checkRefusal(t, await send(t, { port: gateway.port, path: '/whoami/strict' }), 'certificate-required');
      t.match(await ask({ certificate: alice, path: '/reports' }), [200, { reports: [] }]);
      t.match(await ask({ certificate: bob, path: '/reports' }), [403, { error: 'only for auditor' }]);
      t.strictSame(await ask({ path: '/nowhere' }), isNobody, 'nobody learns which paths there are');
    });

    t.test('a token that a client sends through the gateway does not arrive', async (t) => {
      const token = await makeToken();
      t.match(await straight(app, token), [200, { account: 'mallory' }], 'though it is good');
      for (const name of ['X-Client-Token', 'x_client_token']) {
        t.strictSame(await ask({ headers: { [name]: token } }), isNobody, name);
        t.strictSame(await ask({ headers: { [name]: token }, certificate: alice }), isAlice, name);
      }
    });

    t.test('past the gateway', async (t) => {
      t.match(await straight(app, await makeToken()), [200, { account: 'mallory' }]);
      for (const [name, token] of Object.entries(await makeBadTokens())) {
        t.strictSame(await straight(app, token), isNobody, name);
        t.strictSame(await straight(app, token, '/reports'), isNobody, name);
      }
      const headers = { 'X-Client-Verify': 'SUCCESS', 'X-Client-Account': 'alice' };
      t.equal((await sendStraight(app, headers)).status, 403, 'headers count for nothing');
    });

    t.test('keys come from whom its authority vouches for', async (t) => {
      const token = await makeToken();
      t.match(await straight(app, token), [200, { account: 'mallory' }]);
      t.strictSame(await straight(other, token), isNobody);
    });
  });
}
