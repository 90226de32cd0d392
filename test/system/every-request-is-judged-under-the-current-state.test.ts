// One connection, kept open: what was allowed is refused on it from the next request on (design rule 4).

import t, { type Test } from 'tap';
import { reasonOf } from '../../src/model/reasons.ts';
import { type ClientOptions, open, send } from '../kit/client.ts';
import { type GatewayOptions, makePki, startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers, type WireAnswer } from '../kit/wire.ts';

const HOUR_MS = 3_600_000;
const pki = makePki();
const { root, issuing, foreign } = pki;

const site = (settings = 'clientCertificate: require') =>
  `sites: [{ hosts: [localhost], trust: corporate, upstream: app, ${settings} }]`;

async function start(t: Test, options: Partial<GatewayOptions> = {}) {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    revocation: '{ mode: hard, crl: [ca.crl] }',
    yaml: site(),
    ...options,
  });
  return { gateway, upstream };
}

/** Sends requests one after another on one connection. */
async function keepOpen(t: Test, options: ClientOptions): Promise<() => Promise<WireAnswer>> {
  const socket = await open(t, options);
  const answers = readAnswers(t, socket);
  return () => {
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return answers.next();
  };
}

function checkCode(t: Test, answer: WireAnswer, code: Parameters<typeof reasonOf>[0]): void {
  t.equal(answer.status, reasonOf(code).status);
  t.equal(JSON.parse(answer.body).code, code);
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`the certificate expires, ${version}`, async (t) => {
    let now = Date.now();
    const { gateway, upstream } = await start(t, { clock: () => now, revocation: '{ mode: "off" }' });
    const alice = issuing.client({ cn: 'alice', notAfter: now + HOUR_MS });
    const [ask, askAsBob] = await Promise.all(
      [alice, issuing.client({ cn: 'bob' })].map((certificate) =>
        keepOpen(t, { port: gateway.port, certificate, version }),
      ),
    );
    if (ask === undefined || askAsBob === undefined) throw new Error('unreachable');
    t.equal((await ask()).status, 200);
    now += HOUR_MS - 60_000;
    t.equal((await ask()).status, 200);
    now += 2 * 60_000;
    const before = upstream.bytes();
    checkCode(t, await ask(), 'certificate-expired');
    checkCode(t, await ask(), 'certificate-expired');
    t.equal(upstream.bytes(), before, 'the upstream got nothing of it');
    t.equal((await askAsBob()).status, 200, 'others go on');
    now -= 2 * 60_000;
    t.equal((await ask()).status, 200, 'and what was refused is not remembered for longer than it holds');
  });

  t.test(`a list with the certificate comes in, ${version}`, async (t) => {
    const { gateway, upstream } = await start(t);
    const alice = issuing.client({ cn: 'alice' });
    const ask = await keepOpen(t, { port: gateway.port, certificate: alice, version });
    t.equal((await ask()).status, 200);
    await gateway.reload();
    t.equal((await ask()).status, 200, 'a reload without a change changes nothing');
    await gateway.reload({ crl: { revoked: [alice], number: 2 } });
    const before = upstream.bytes();
    checkCode(t, await ask(), 'certificate-revoked');
    t.equal(upstream.bytes(), before);
    await gateway.reload({ crl: { number: 3 } });
    t.equal((await ask()).status, 200);
  });

  t.test(`the anchor is removed, ${version}`, async (t) => {
    const { gateway } = await start(t, { revocation: '{ mode: "off" }' });
    const alice = issuing.client({ cn: 'alice' });
    const ask = await keepOpen(t, { port: gateway.port, certificate: alice, version });
    t.equal((await ask()).status, 200);
    await gateway.reload({ files: { 'ca.pem': foreign.pem } });
    checkCode(t, await ask(), 'certificate-untrusted');
    await gateway.reload({ files: { 'ca.pem': root.pem } });
    t.equal((await ask()).status, 200, 'its intermediate was presented with it');
  });

  t.test(`the rule changes, ${version}`, async (t) => {
    const { gateway } = await start(t);
    const alice = issuing.client({ cn: 'alice' });
    const ask = await keepOpen(t, { port: gateway.port, certificate: alice, version });
    const askAsNobody = await keepOpen(t, { port: gateway.port, version });
    t.equal((await ask()).status, 200);
    checkCode(t, await askAsNobody(), 'certificate-required');
    await gateway.reload({ yaml: site('clientCertificate: require, allow: [{ subject: { CN: bob } }]') });
    checkCode(t, await ask(), 'certificate-not-allowed');
    await gateway.reload({ yaml: site('clientCertificate: accept') });
    t.equal((await ask()).status, 200);
    t.equal((await askAsNobody()).status, 200);
    await gateway.reload({ yaml: site('clientCertificate: accept, deny: [{ subject: { CN: alice } }]') });
    checkCode(t, await ask(), 'certificate-not-allowed');
    t.equal((await askAsNobody()).status, 200);
  });

  t.test(
    `an authority is added: the old handshake is refused and closed, a new one accepted, ${version}`,
    async (t) => {
      const { gateway } = await start(t, { revocation: '{ mode: "off" }' });
      const { port } = gateway;
      const partner = foreign.client({ cn: 'partner' });
      const socket = await open(t, { port, certificate: partner, version });
      const answers = readAnswers(t, socket);
      const ask = () => {
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
        return answers.next();
      };
      const first = await ask();
      checkCode(t, first, 'certificate-untrusted');
      t.notSame(first.headers.get('connection'), ['close'], 'under the same state the connection goes on');
      await gateway.reload({ files: { 'ca.pem': root.pem + foreign.pem } });
      const second = await ask();
      checkCode(t, second, 'certificate-untrusted');
      t.match(gateway.requests().at(-1), { code: 'certificate-untrusted', check: 'gate-1' });
      t.strictSame(second.headers.get('connection'), ['close']);
      t.equal(await answers.rest(), '', 'it is closed');
      t.equal((await send(t, { port, certificate: partner, version })).status, 200);
    },
  );
}

t.test('lists grow old', async (t) => {
  let now = Date.now();
  const { gateway } = await start(t, {
    clock: () => now,
    revocation: '{ mode: hard, crl: [ca.crl], maxStale: 30m }',
    crl: { nextUpdate: now + HOUR_MS },
  });
  const ask = await keepOpen(t, { port: gateway.port, certificate: issuing.client({ cn: 'alice' }) });
  t.equal((await ask()).status, 200);
  now += 1.25 * HOUR_MS;
  t.equal((await ask()).status, 200, 'within maxStale');
  now += 0.5 * HOUR_MS;
  checkCode(t, await ask(), 'revocation-unknown');
});
