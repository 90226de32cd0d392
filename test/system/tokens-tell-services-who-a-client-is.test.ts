// A signed token beside the headers: made by the gateway alone, verified with the keys that it publishes.

import { generateKeyPairSync } from 'node:crypto';
import { request } from 'node:https';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { headerOf, startUpstream } from '../kit/upstream.ts';
import { openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';

const pki = makePki();
const alice = pki.issuing.client({ cn: 'alice' });
const ISSUER = 'https://gateway.example';
const JWKS = '/.well-known/portcullis/jwks.json';

const pem = (type: 'ed25519' | 'p256'): string => {
  const { privateKey } =
    type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};

const yaml = (keys: string) => `
token: { issuer: "${ISSUER}", keyFiles: [${keys}] }
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    tokenKeys: true
    clientCertificate: require
    paths:
      /accept: { clientCertificate: accept }
      /ignore: { clientCertificate: ignore }
`;

async function start(t: Test, upstreamPort: number, header = 'X-Client-Token'): Promise<TestGateway> {
  return startTestGateway(t, {
    pki,
    upstreamPort,
    upstreamOptions: `token: { audience: app, header: ${header} }`,
    yaml: yaml('ed.key'),
    files: { 'ed.key': pem('ed25519'), 'ec.key': pem('p256') },
  });
}

/** Without a certificate: the keys are for anybody. */
function fetchKeys(gateway: TestGateway, method = 'GET', path = JWKS): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  request(
    {
      port: gateway.port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: pki.root.pem,
      method,
      path,
      headers: { host: 'localhost' },
    },
    (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    },
  )
    .on('error', reject)
    .end();
  return promise;
}

async function keysOf(gateway: TestGateway) {
  const { status, body } = await fetchKeys(gateway);
  if (status !== 200) throw new Error(`status ${status}`);
  return createLocalJWKSet(JSON.parse(body) as JSONWebKeySet);
}

t.test('the service verifies whom the request comes from, on HTTP and WebSocket alike', async (t) => {
  const upstream = await startEchoUpstream(t);
  const gateway = await start(t, upstream.port);
  const keys = await keysOf(gateway);
  t.ok((await openWebSocket(t, { port: gateway.port, certificate: alice })) instanceof WebSocket);
  const [token] = upstream.received.flatMap((received) => headerOf(received, 'x-client-token'));
  const { payload, protectedHeader } = await jwtVerify(token ?? '', keys, { issuer: ISSUER, audience: 'app' });
  t.equal(protectedHeader.alg, 'EdDSA');
  t.match(payload, { sub: 'CN=alice', serial: alice.facts.serial });
  t.equal(
    (payload.cnf as Record<string, string>)['x5t#S256'],
    Buffer.from(alice.facts.fingerprint, 'hex').toString('base64url'),
  );
});

t.test('nobody else can send one, under any name it is configured with', async (t) => {
  const upstream = await startUpstream(t);
  for (const header of ['X-Client-Token', 'Service-Proof']) {
    const gateway = await start(t, upstream.port, header);
    const headers = { [header]: 'forged', [header.replaceAll('-', '_')]: 'forged' };
    for (const [path, certificate] of [
      ['/', alice],
      ['/accept', undefined],
      ['/ignore', alice],
    ] as const) {
      const before = upstream.received.length;
      t.equal((await send(t, { port: gateway.port, path, certificate, headers })).status, 200, `${header} ${path}`);
      const received = upstream.received[before];
      t.notMatch(JSON.stringify(received?.rawHeaders), /forged/);
      const tokens = received === undefined ? [] : headerOf(received, header);
      t.equal(tokens.length, path === '/' ? 1 : 0, 'and only who is known has one');
    }
  }
});

t.test('a key is replaced while both are published', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await start(t, upstream.port);
  const tokenNow = async () => {
    await send(t, { port: gateway.port, certificate: alice });
    const received = upstream.received.at(-1);
    return received === undefined ? '' : (headerOf(received, 'x-client-token')[0] ?? '');
  };
  const old = await tokenNow();
  await gateway.reload({ yaml: yaml('ec.key, ed.key') });
  const keys = await keysOf(gateway);
  t.match((await jwtVerify(old, keys, { audience: 'app' })).payload, { sub: 'CN=alice' });
  const { protectedHeader } = await jwtVerify(await tokenNow(), keys, { audience: 'app' });
  t.equal(protectedHeader.alg, 'ES256');
});

t.test('the keys stand at exactly one path of sites that publish them', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await start(t, upstream.port);
  t.equal((await fetchKeys(gateway)).status, 200);
  t.match(await fetchKeys(gateway, 'HEAD'), { status: 200, body: '' });
  t.match(await fetchKeys(gateway, 'GET', `${JWKS}?x=1`), { status: 200 });
  t.notMatch((await fetchKeys(gateway)).body, /"d":/, 'nothing private');
  for (const [method, path] of [
    ['POST', JWKS],
    ['GET', `${JWKS}/x`],
    ['GET', JWKS.replace('jwks', 'JWKS')],
    ['GET', '/'],
  ]) {
    t.equal((await fetchKeys(gateway, method, path)).status, 403, `${method} ${path}`);
  }
  await gateway.reload({ yaml: yaml('ed.key').replace('tokenKeys: true', 'tokenKeys: false') });
  checkRefusal(t, await send(t, { port: gateway.port, path: JWKS }), 'certificate-required');
  t.equal(upstream.received.length, 0);
});
