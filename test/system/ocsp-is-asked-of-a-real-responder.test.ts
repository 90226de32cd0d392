// The responder of openssl, its faults, and those of the network before it: who is let in, and who is not.

import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { ReasonCode } from '../../src/model/reasons.ts';
import { checkRefusal, open, readUntil, send } from '../kit/client.ts';
import { type GatewayOptions, makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { makeResponder } from '../kit/ocsp.ts';
import { startResponder, type TestResponder } from '../kit/ocsp-responder.ts';
import { type OpensslResponderOptions, startOpensslResponder } from '../kit/openssl-ocsp.ts';
import type { TestCertificate } from '../kit/pki.ts';
import { startRedis } from '../kit/redis.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const HOUR_MS = 3_600_000;

const pki = makePki();
const { root, issuing } = pki;
const [alice, mallory, carol] = [issuing.client({ cn: 'alice' }), issuing.client({ cn: 'mallory' }), issuing.client()];

type Outcome = ReasonCode | 'allowed';

/** A gateway that asks there about clients; `revocation` holds its other keys. */
async function setUp(t: Test, url: string, revocation = 'mode: hard', options: Partial<GatewayOptions> = {}) {
  let passed = 0;
  const upstream = await startUpstream(t, {
    answer(request, response) {
      if (request.url === '/stream') response.write('begun');
      else response.end('answered');
    },
  });
  const gateway = await startTestGateway(t, {
    pki,
    clock: () => Date.now() + passed,
    upstreamPort: upstream.port,
    revocation: `{ ${revocation}, depth: leaf, ocsp: "${url}" }`,
    yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]',
    ...options,
  });
  return {
    gateway,
    pass(ms: number) {
      passed += ms;
    },
    async check(certificate: TestCertificate, outcome: Outcome, note?: RegExp) {
      const answer = await send(t, { port: gateway.port, certificate });
      if (outcome === 'allowed') t.equal(answer.status, 200);
      else checkRefusal(t, answer, outcome);
      if (note !== undefined) t.match(gateway.requests().at(-1), { code: outcome, check: 'revocation', note });
    },
  };
}

/** What the last line of the log says of the certificate's state. */
function statusOf({ requests }: TestGateway): string | undefined {
  return (requests().at(-1)?.revocation as { status?: string } | undefined)?.status;
}

const startOpenssl = (t: Test, options: Partial<OpensslResponderOptions> = {}) =>
  startOpensslResponder(t, { issuer: issuing, good: [alice], revoked: [mallory], ...options });

interface Relay extends TestResponder {
  /** What was answered, oldest first. */
  readonly kept: readonly Uint8Array[];
  passTo(url: string): void;
}

/** Passes questions on to a responder of openssl, so that a test can count and keep what is said. */
async function startRelay(t: Test): Promise<Relay> {
  const relay = await startResponder(t);
  const kept: Uint8Array[] = [];
  return {
    ...relay,
    kept,
    passTo(url) {
      relay.says(async ({ der }) => {
        const headers = { 'content-type': 'application/ocsp-request' };
        const answer = await fetch(url, { method: 'POST', headers, body: Uint8Array.from(der) });
        kept.push(new Uint8Array(await answer.arrayBuffer()));
        return kept.at(-1) ?? 'silent';
      });
    },
  };
}

t.test('good, revoked and unknown', async (t) => {
  const { url } = await startOpenssl(t);
  const hard = await setUp(t, url);
  await hard.check(alice, 'allowed');
  t.match(hard.gateway.requests().at(-1), { revocation: { status: 'good' } });
  await hard.check(mallory, 'certificate-revoked', /keyCompromise/);
  await hard.check(carol, 'revocation-unknown', /the responder does not know the certificate/);
  const soft = await setUp(t, url, 'mode: soft');
  await soft.check(alice, 'allowed');
  await soft.check(mallory, 'certificate-revoked');
  await soft.check(carol, 'allowed');
});

t.test('the responder that each certificate of the path names, where it may be asked', async (t) => {
  const [ofRoot, ofInner] = [await startRelay(t), await startRelay(t)];
  const inner = root.intermediate({ name: 'Inner', ocspUris: [ofRoot.url] });
  const client = inner.client({ ocspUris: ['ldap:///CN=x', ofInner.url] });
  ofRoot.passTo((await startOpensslResponder(t, { issuer: root, good: [inner] })).url);
  ofInner.passTo((await startOpensslResponder(t, { issuer: inner, good: [client] })).url);
  const revocationWith = (hosts: readonly string[]) =>
    `{ mode: hard, ocsp: true, allowHosts: [${hosts.map((host) => `"${host}"`).join(', ')}] }`;
  const [rootHost, innerHost] = [new URL(ofRoot.url).host, new URL(ofInner.url).host];
  const allowed = await setUp(t, '', '', { revocation: revocationWith([rootHost, innerHost]) });
  await allowed.check(client, 'allowed');
  t.strictSame([ofRoot.requests.length, ofInner.requests.length], [1, 1]);
  const half = await setUp(t, '', '', { revocation: revocationWith([rootHost]) });
  await half.check(client, 'revocation-unknown');
  t.equal(ofInner.requests.length, 1, 'it is not asked');
});

t.test('a slow one is waited for, once for all who ask', async (t) => {
  const responder = await startOpenssl(t);
  const relay = await startRelay(t);
  relay.passTo(responder.url);
  responder.freeze();
  const { check } = await setUp(t, relay.url, 'mode: hard, timeLimit: 30s');
  const checks = Array.from({ length: 20 }, () => check(alice, 'allowed'));
  await until(() => relay.requests.length === 1);
  responder.thaw();
  await Promise.all(checks);
  t.equal(relay.requests.length, 1);
});

t.test('a silent one costs the time limit, and then nobody waits', async (t) => {
  for (const mode of ['hard', 'soft'] as const) {
    const responder = await startOpenssl(t);
    responder.freeze();
    const { check, pass, gateway } = await setUp(t, responder.url, `mode: ${mode}, timeLimit: 300ms`);
    const outcome = mode === 'hard' ? 'revocation-unknown' : 'allowed';
    await check(alice, outcome, mode === 'hard' ? /no complete answer within \d+ ms/ : undefined);
    await Promise.all(Array.from({ length: 20 }, () => check(alice, outcome)));
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
    const { host } = new URL(responder.url);
    t.match(metrics, `portcullis_ocsp_requests_total{responder="${host}",outcome="failed"} 1\n`, 'asked once');
    t.match(metrics, `portcullis_ocsp_request_seconds_count{responder="${host}"} 1\n`, 'and it was measured');
    responder.thaw();
    // It answers again what it took up while it was frozen, and then us.
    await until(async () => {
      pass(10_000);
      await send(t, { port: gateway.port, certificate: alice });
      return statusOf(gateway) === 'good';
    });
  }
});

t.test('the wrong signer', async (t) => {
  const strangers: readonly (readonly [TestCertificate, RegExp])[] = [
    [makeResponder(pki.foreign), /OCSP signer-issuer: /],
    [makeResponder(root), /OCSP signer-issuer: /],
    [carol, /OCSP signer-usage: /],
  ];
  await (await setUp(t, (await startOpenssl(t, { signer: makeResponder(issuing) })).url)).check(alice, 'allowed');
  for (const [signer, note] of strangers) {
    const { check } = await setUp(t, (await startOpenssl(t, { signer })).url);
    await check(alice, 'revocation-unknown', note);
  }
});

t.test('a delegated signer that has expired', async (t) => {
  const notAfter = Date.now() - 2000;
  const { url } = await startOpenssl(t, { signer: makeResponder(issuing, { notAfter }) });
  const { check } = await setUp(t, url);
  await check(alice, 'revocation-unknown', /OCSP signer-validity: .* has expired/);
});

t.test('a delegated signer that has been revoked', async (t) => {
  const signer = makeResponder(issuing);
  const { url } = await startOpenssl(t, { signer });
  const lists = (revoked: readonly TestCertificate[]) => ({
    files: { 'lists.pem': issuing.crl({ revoked }).pem },
    revocation: `{ mode: hard, depth: leaf, order: [ocsp], crl: [lists.pem], ocsp: "${url}" }`,
  });
  await (await setUp(t, url, '', lists([]))).check(alice, 'allowed');
  const { check } = await setUp(t, url, '', lists([signer]));
  await check(alice, 'revocation-unknown', /OCSP signer-revoked: /);
});

t.test('replayed: an old answer clears nobody after its end, and with a nonce not at all', async (t) => {
  const relay = await startRelay(t);
  relay.passTo((await startOpenssl(t)).url);
  await (await setUp(t, relay.url, 'mode: hard, nonce: true')).check(alice, 'allowed');
  const [captured] = relay.kept;
  t.ok(captured);
  relay.says(captured ?? 'silent');
  const withNonce = await setUp(t, relay.url, 'mode: hard, nonce: true');
  await withNonce.check(alice, 'revocation-unknown', /OCSP nonce: /);
  const without = await setUp(t, relay.url);
  await without.check(alice, 'allowed');
  without.pass(HOUR_MS + 1000);
  await without.check(alice, 'revocation-unknown', /OCSP next-update: /);
});

t.test('stale: a good answer holds to its end, and as long as `maxStale` beyond', async (t) => {
  const responder = await startOpenssl(t);
  const strict = await setUp(t, responder.url, 'mode: hard, timeLimit: 300ms');
  const patient = await setUp(t, responder.url, 'mode: hard, timeLimit: 300ms, maxStale: 1h');
  for (const each of [strict, patient]) await each.check(alice, 'allowed');
  responder.freeze();
  for (const each of [strict, patient]) {
    each.pass(HOUR_MS - 60_000);
    await each.check(alice, 'allowed');
    each.pass(120_000);
  }
  await strict.check(alice, 'revocation-unknown');
  await patient.check(alice, 'allowed');
  patient.pass(HOUR_MS);
  await patient.check(alice, 'revocation-unknown');
});

t.test('a renewal that says revoked refuses the next request and ends open streams', async (t) => {
  const relay = await startRelay(t);
  relay.passTo((await startOpenssl(t)).url);
  const { gateway, check, pass } = await setUp(t, relay.url);
  const socket = await open(t, { port: gateway.port, certificate: alice });
  socket.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await readUntil(socket, (text) => text.includes('begun'));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  relay.passTo((await startOpenssl(t, { good: [], revoked: [alice] })).url);
  pass(0.9 * HOUR_MS);
  // The old answer still holds; this request makes the gateway ask again.
  await check(alice, 'allowed');
  await closed;
  await check(alice, 'certificate-revoked');
});

t.test('replicas share answers by Redis: one that starts again asks nobody', async (t) => {
  const relay = await startRelay(t);
  relay.passTo((await startOpenssl(t)).url);
  const redis = await startRedis(t);
  const options = {
    files: { 'cache.key': randomBytes(32).toString('hex') },
    yaml: `
cache: { redis: "${redis.url}", keyFile: cache.key, commandTimeout: 1s }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]
`,
  };
  await (await setUp(t, relay.url, 'mode: hard', options)).check(alice, 'allowed');
  await until(async () => (await redis.admin.keys('*')).some((key) => key.includes('ocsp')));
  for (const key of await redis.admin.keys('*verdict*')) await redis.admin.del(key);
  for (let count = 0; count < 2; count++) {
    await (await setUp(t, relay.url, 'mode: hard', options)).check(alice, 'allowed');
    for (const key of await redis.admin.keys('*verdict*')) await redis.admin.del(key);
  }
  t.equal(relay.requests.length, 1);
});
