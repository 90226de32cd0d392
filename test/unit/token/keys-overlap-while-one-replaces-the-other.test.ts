// The steps of docs/tokens.md, with a verifier that fetches the keys as services do.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import t from 'tap';
import { createKeySetPage, type KeySetPage } from '../../../src/token/key-set-page.ts';
import { AUDIENCE, ISSUER, identityOf, makeClient, makeSigningKey, NOW, startWriting, type Writing } from './parts.ts';

const PATH = '/.well-known/portcullis/jwks.json';
const alice = identityOf(makeClient());
const older = makeSigningKey('ES256');
const newer = makeSigningKey('EdDSA');

t.test('a rotation', async (t) => {
  let page: KeySetPage = createKeySetPage(PATH, startWriting([older]).keySet);
  const server = createServer((request, response) => {
    const answer = page.answer(request.method ?? '', request.url ?? '');
    if (answer === undefined) response.writeHead(404).end();
    else response.writeHead(answer.status, answer.headers.flat()).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`);
  /** A service that has just started, or whose keys have grown old. */
  const startService = () => {
    const keys = createRemoteJWKSet(url);
    return (token = '') =>
      jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, currentDate: new Date(NOW), clockTolerance: 1 });
  };
  const configure = (keys: Parameters<typeof startWriting>[0]): Writing => {
    const writing = startWriting(keys);
    page = createKeySetPage(PATH, writing.keySet);
    return writing;
  };
  const kidOf = (token = '') => decodeProtectedHeader(token).kid;

  const first = configure([older]).tokenFor(alice);
  t.equal(kidOf(first), older.id);
  await t.resolves(startService()(first));

  const second = configure([older, newer]).tokenFor(alice);
  t.equal(kidOf(second), older.id, 'the new key is published and does not sign yet');
  const verify = startService();
  await t.resolves(verify(second));

  const third = configure([newer, older]).tokenFor(alice);
  t.equal(kidOf(third), newer.id, 'the new key signs');
  await t.resolves(verify(third), 'a service knows it from before');
  await t.resolves(startService()(second), 'tokens of the old key still hold');
  await t.resolves(startService()(third));

  const last = configure([newer]).tokenFor(alice);
  t.equal(kidOf(last), newer.id);
  await t.resolves(startService()(last));
  await t.rejects(startService()(second), { code: 'ERR_JWKS_NO_MATCHING_KEY' }, 'the old key is gone');
});

t.test('the page', async (t) => {
  const { keySet } = startWriting([newer, older]);
  const page = createKeySetPage(PATH, keySet);
  const answer = page.answer('GET', PATH);
  t.strictSame(JSON.parse(String(answer?.body)), { keys: [newer.publicJwk, older.publicJwk] });
  t.strictSame(Object.fromEntries(answer?.headers ?? []), {
    'Content-Type': 'application/jwk-set+json',
    'Content-Length': String(answer?.body.length),
    'Cache-Control': 'public, max-age=300',
    'X-Content-Type-Options': 'nosniff',
  });
  t.equal(page.answer('HEAD', PATH), answer);
  for (const [method, path] of [
    ['POST', PATH],
    ['get', PATH],
    ['GET', `${PATH}/`],
    ['GET', `${PATH}/more`],
    ['GET', PATH.toUpperCase()],
    ['GET', '/'],
  ] as const) {
    t.equal(page.answer(method, path), undefined, `${method} ${path} is the service's`);
  }
});
