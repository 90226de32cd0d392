// What a resumed session carries over is a certificate and nothing else: no verdict of OpenSSL's, of another time, another
// state or of no certificate at all (nodejs/node#35317). It never gets more than a full handshake would (design rule 3).

import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openDirectory } from '../../src/directory/open.ts';
import type { ReasonCode } from '../../src/model/reasons.ts';
import { DEFECTS, REVOKED_SERIAL, soundClient } from '../kit/clients.ts';
import { type GatewayOptions, makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { makeKey } from '../kit/pki.ts';
import { nameOf, VERSIONS, visit, WAYS } from '../kit/session-client.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

const pki = makePki();
const { root, issuing, foreign } = pki;
const serverNames = ['localhost'];
const serverOf = () => root.server({ notAfter: Date.now() + 90 * DAY_MS });
const server = serverOf();
const key = makeKey('ec');

const siteOf = (settings: string, more = '') =>
  `${more}sites: [{ hosts: [localhost], trust: corporate, upstream: app, ${settings} }]`;
const REQUIRE = siteOf('clientCertificate: require');
const ACCEPT = siteOf('clientCertificate: accept, paths: { /admin: { clientCertificate: require } }');

async function start(t: Test, options: Partial<GatewayOptions> = {}) {
  const upstream = await startUpstream(t);
  const base = { pki, server, serverNames, yaml: ACCEPT, upstreamPort: upstream.port };
  const gateway = await startTestGateway(t, { ...base, ...options });
  return { gateway, upstream, port: gateway.port };
}

/** Of today, but not so near the end of a day that the key of the tickets changes while a test turns the clock a little. */
function steadyNow(): number {
  const now = Date.now();
  return (now + 30 * MINUTE_MS) % DAY_MS < 30 * MINUTE_MS ? now - 30 * MINUTE_MS : now;
}
const STEADY = 'tickets: { rotation: 1d }\n';

for (const way of WAYS) {
  const { version } = way;
  t.test(`${nameOf(way)}: a good certificate`, async (t) => {
    const { gateway, upstream, port } = await start(t);
    const certificate = soundClient(pki, key);
    const first = await visit(t, { port, ...way, path: '/admin', certificate });
    t.match(first, { resumed: false, status: 200 });
    t.match(gateway.requests().at(-1), { resumed: false });
    const known = upstream.last().rawHeaders;
    // The client may have lost its certificate since: the session stands for it.
    for (const offered of [certificate, undefined]) {
      const { session } = first;
      const again = await visit(t, { port, ...way, path: '/admin', certificate: offered, session });
      t.match(again, { resumed: true, status: 200, closed: false });
      t.match(gateway.requests().at(-1), { resumed: true, tls: version, host: 'localhost', subject: 'CN=alice' });
      const isRequestId = (_: string, index: number, all: readonly string[]) =>
        all[index - 1] !== 'X-Request-Id' && all[index - 1] !== 'x-request-id';
      t.strictSame(upstream.last().rawHeaders.filter(isRequestId), known.filter(isRequestId), 'the same identity');
      t.equal(again.session, session, 'there is no other ticket for it, so it ends when it ends');
    }
    const text = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
    t.match(text, `portcullis_tls_handshakes_total{version="${version}",outcome="resumed"} 2`);
    t.match(text, `portcullis_tls_handshakes_total{version="${version}",outcome="done"} 1`);
  });

  t.test(`${nameOf(way)}: no certificate`, async (t) => {
    const { gateway, upstream, port } = await start(t);
    const first = await visit(t, { port, ...way });
    t.match(first, { resumed: false, status: 200 });
    const { session } = first;
    t.match(await visit(t, { port, ...way, session }), { resumed: true, status: 200 });
    t.match(upstream.last().rawHeaders.join(), /X-Client-Verify,NONE/i);
    const before = upstream.bytes();
    const certificate = soundClient(pki, key);
    const refused = await visit(t, { port, ...way, path: '/admin', certificate, session });
    t.match(refused, { resumed: true, status: 403, code: 'certificate-required', closed: true });
    t.match(gateway.requests().at(-1), { resumed: true, code: 'certificate-required' });
    t.equal(upstream.bytes(), before);
    const asked = await visit(t, { port, ...way, path: '/admin', certificate, session });
    t.match(asked, { resumed: false, status: 200 }, 'the next handshake is a full one, and shows the certificate');
  });

  t.test(`${nameOf(way)}: bad certificates`, async (t) => {
    const crl = { revoked: [REVOKED_SERIAL] };
    const { upstream, port } = await start(t, { revocation: '{ mode: hard, crl: [ca.crl] }', crl });
    const sound = await visit(t, { port, ...way, certificate: soundClient(pki, key) });
    t.equal(sound.status, 200);
    const before = upstream.bytes();
    for (const [index, { name, code, make }] of DEFECTS.entries()) {
      const certificate = make(pki, key);
      const [home, away] = [10 + 2 * index, 11 + 2 * index];
      const first = await visit(t, { port, ...way, certificate, from: home });
      t.match(first, { resumed: false, status: 403, code }, name);
      const { session } = first;
      const again = await visit(t, { port, ...way, certificate, session, from: away });
      // Without what was presented less may be known than before, but never more.
      const codes: readonly string[] = [code, 'certificate-untrusted'];
      t.match(again, { resumed: true, status: 403, closed: true }, `${name}, resumed`);
      t.ok(codes.includes(again.code), `${name}, resumed: ${again.code}`);
      const third = await visit(t, { port, ...way, certificate, session, from: away });
      t.match(third, { resumed: false, status: 403, code }, `${name}, the next one`);
    }
    t.equal(upstream.bytes(), before);
  });
}

for (const version of VERSIONS) {
  t.test(`${version}: a session is of no version of HTTP`, async (t) => {
    const { gateway, upstream, port } = await start(t);
    const certificate = soundClient(pki, key);
    for (const [made, taken] of [
      ['http/1.1', 'h2'],
      ['h2', 'http/1.1'],
    ] as const) {
      const { session } = await visit(t, { port, version, protocol: made, path: '/admin', certificate });
      const again = await visit(t, { port, version, protocol: taken, path: '/admin', session });
      t.match(again, { resumed: true, status: 200, socket: { alpnProtocol: taken } }, `of ${made}, by ${taken}`);
      t.match(gateway.requests().at(-1), { resumed: true, subject: 'CN=alice' });
    }
    const { session } = await visit(t, { port, version, protocol: 'h2' });
    const bytes = upstream.bytes();
    const nobody = await visit(t, { port, version, path: '/admin', session });
    t.match(nobody, { resumed: true, status: 403, code: 'certificate-required', closed: true });
    t.equal(upstream.bytes(), bytes);
  });

  t.test(`${version}: nothing more comes on a connection by HTTP/2 that was refused`, async (t) => {
    const { upstream, port } = await start(t);
    const certificate = soundClient(pki, key);
    const { session } = await visit(t, { port, version, protocol: 'h2' });
    const options = { port, version, protocol: 'h2', certificate, session } as const;
    const served = await visit(t, options);
    t.match(served, { resumed: true, status: 200, closed: false });
    t.equal(served.socket.closed, false);
    const refused = await visit(t, { ...options, path: '/admin' });
    t.match(refused, { resumed: true, status: 403, closed: true });
    const bytes = upstream.bytes();
    if (!refused.socket.closed) await once(refused.socket, 'close');
    t.equal(upstream.bytes(), bytes);
    const full = await visit(t, { ...options, path: '/admin' });
    t.match(full, { resumed: false, status: 200 });
    const again = await visit(t, { ...options, session: full.session });
    t.match(again, { resumed: false, status: 200 }, 'a session that was made meanwhile is none');
    const elsewhere = await visit(t, { ...options, session: full.session, from: 2 });
    t.match(elsewhere, { resumed: false, status: 200 }, 'not for anybody');
  });
}

t.test('a connection that is resumed is not renegotiated', async (t) => {
  const { port } = await start(t);
  const certificate = soundClient(pki, key);
  const { session } = await visit(t, { port, version: 'TLSv1.2', certificate });
  const { socket, resumed } = await visit(t, { port, version: 'TLSv1.2', certificate, session });
  t.equal(resumed, true);
  const refused = once(socket, 'error');
  socket.renegotiate({}, () => {});
  t.match(await refused, [{ code: /RENEGOTIATION/ }]);
});

interface Change {
  readonly name: string;
  readonly before?: Partial<GatewayOptions>;
  readonly change: (gateway: TestGateway) => Promise<void>;
  readonly resumed: boolean;
  /** What follows for the client whose session it is; undefined: it is served. */
  readonly code?: ReasonCode;
}

let now = steadyNow();
const clock = () => now;
const blocked = 'directory: { url: "sqlite:clients.db" }\n';
const secretOf = (digit: string) => ({ 'tickets.key': `${digit.repeat(64)}\n` });
const SHARED = siteOf('clientCertificate: require', 'tickets: { keyFile: tickets.key }\n');
const alice = () => issuing.client({ cn: 'alice', serial: REVOKED_SERIAL, key, notAfter: now + 10 * MINUTE_MS });

const CHANGES: readonly Change[] = [
  { name: 'nothing', change: (gateway) => gateway.reload(), resumed: true },
  {
    name: 'a rule',
    change: (gateway) =>
      gateway.reload({ yaml: siteOf('clientCertificate: require, deny: [{ subject: { CN: alice } }]') }),
    resumed: true,
    code: 'certificate-not-allowed',
  },
  {
    name: 'a list with the certificate on it',
    before: { revocation: '{ mode: hard, crl: [ca.crl] }' },
    change: (gateway) => gateway.reload({ crl: { revoked: [REVOKED_SERIAL], number: 2 } }),
    resumed: true,
    code: 'certificate-revoked',
  },
  {
    name: 'the time: the certificate has expired',
    before: { yaml: STEADY + REQUIRE },
    change: async () => {
      now += 20 * MINUTE_MS;
    },
    resumed: true,
    code: 'certificate-expired',
  },
  {
    name: 'the directory: the certificate is blocked',
    before: { yaml: blocked + REQUIRE },
    change: async ({ folder }) => {
      const store = openDirectory(`sqlite:${join(folder, 'clients.db')}`, { clock: Date.now });
      const issuerSpki = issuing.facts.publicKey.spkiHash;
      const match = { kind: 'issuer-serial', issuerSpki, serial: REVOKED_SERIAL } as const;
      await store.change({ actor: 'tester', changes: [{ do: 'add-block', match, reason: 'lost' }] });
      await store.close();
    },
    resumed: true,
    code: 'certificate-blocked',
  },
  {
    name: 'the authorities: another one beside',
    change: (gateway) => gateway.reload({ files: { 'ca.pem': root.pem + foreign.pem } }),
    resumed: false,
  },
  {
    name: 'the authorities: ours is removed',
    change: (gateway) => gateway.reload({ files: { 'ca.pem': foreign.pem } }),
    resumed: false,
    code: 'certificate-untrusted',
  },
  {
    name: 'how paths may end',
    change: (gateway) => gateway.reload({ revocation: '{ mode: "off" }\n    partialChain: true' }),
    resumed: false,
  },
  { name: 'the server certificate', change: (gateway) => gateway.reload({ server: serverOf() }), resumed: false },
  {
    name: 'the site: it asks for no certificate any more',
    change: (gateway) => gateway.reload({ yaml: siteOf('clientCertificate: ignore') }),
    resumed: false,
  },
  {
    name: 'the secret of the tickets',
    before: { yaml: SHARED, files: secretOf('a') },
    change: (gateway) => gateway.reload({ files: secretOf('b') }),
    resumed: false,
  },
  {
    name: 'the secret of the tickets: it stays the same',
    before: { yaml: SHARED, files: secretOf('a') },
    change: (gateway) => gateway.reload({ files: secretOf('a') }),
    resumed: true,
  },
  {
    name: 'the secret of the tickets: there is none any more',
    before: { yaml: SHARED, files: secretOf('a') },
    change: (gateway) => gateway.reload({ yaml: REQUIRE }),
    resumed: false,
  },
  {
    name: 'tickets are off',
    change: (gateway) => gateway.reload({ yaml: `tickets: { enabled: false }\n${REQUIRE}` }),
    resumed: false,
  },
];

for (const way of WAYS) {
  for (const { name, before = {}, change, resumed, code } of CHANGES) {
    t.test(`${nameOf(way)}: what has changed is ${name}`, async (t) => {
      now = steadyNow();
      const { gateway, upstream, port } = await start(t, { clock, yaml: REQUIRE, ...before });
      const certificate = alice();
      const { session } = await visit(t, { port, ...way, certificate });
      const control = await visit(t, { port, ...way, certificate, session });
      t.match(control, { resumed: true, status: 200 }, 'before the change');
      await change(gateway);
      if (code === 'certificate-blocked') {
        // A full handshake tells when the gateway has seen the block; one request may be cut off by it.
        await until(async () => {
          const seen = await visit(t, { port, ...way, certificate, from: 2 }).catch(() => undefined);
          return seen?.code === code;
        });
      }
      const bytes = upstream.bytes();
      const again = await visit(t, { port, ...way, certificate, session });
      t.match(again, { resumed, status: code === undefined ? 200 : 403, code: code ?? '' });
      if (code === undefined) return;
      t.equal(upstream.bytes(), bytes);
      t.equal(again.closed, resumed, 'the connection of a session is closed');
      const next = await visit(t, { port, ...way, certificate, session });
      t.match(next, { resumed: false, status: 403, code }, 'and the next handshake is a full one');
    });
  }

  t.test(`${nameOf(way)}: a host begins to ask for certificates`, async (t) => {
    const { gateway, upstream, port } = await start(t, { yaml: siteOf('clientCertificate: ignore') });
    const { session } = await visit(t, { port, ...way });
    t.match(await visit(t, { port, ...way, session }), { resumed: true, status: 200 });
    await gateway.reload({ yaml: REQUIRE });
    const bytes = upstream.bytes();
    const nobody = await visit(t, { port, ...way, session });
    t.match(nobody, { resumed: false, status: 403, code: 'certificate-required' });
    t.equal(upstream.bytes(), bytes);
    const certificate = soundClient(pki, key);
    t.match(await visit(t, { port, ...way, certificate, session }), { resumed: false, status: 200 });
  });
}

for (const version of VERSIONS) {
  t.test(`${version}: a key of tickets ends with its turn`, async (t) => {
    now = Math.floor(Date.now() / 1000) * 1000;
    for (const secret of [undefined, 'a'.repeat(64)]) {
      const keyFile = secret === undefined ? '' : ', keyFile: tickets.key';
      const yaml = `tickets: { rotation: 1s${keyFile} }\n${siteOf('clientCertificate: ignore')}`;
      const { port } = await start(t, { clock, yaml, files: { 'tickets.key': secret ?? '' } });
      const { session } = await visit(t, { port, version });
      t.match(await visit(t, { port, version, session }), { resumed: true });
      now += 1000;
      t.match(await visit(t, { port, version, session }), { resumed: false });
    }
  });

  t.test(`${version}: a session ends with its life`, async (t) => {
    const { port } = await start(t, { yaml: `tickets: { lifetime: 3s }\n${REQUIRE}` });
    const certificate = soundClient(pki, key);
    let session: Buffer | undefined;
    const isResumed = async () => (await visit(t, { port, version, certificate, session })).resumed;
    const renew = async () => {
      ({ session } = await visit(t, { port, version, certificate }));
      return isResumed();
    };
    await until(renew);
    await until(async () => !(await isResumed()));
    t.match(await visit(t, { port, version, session }), { resumed: false, code: 'certificate-required' });
    await until(renew);
  });
}

t.test('a client of TLS 1.2 has no session in TLS 1.3', async (t) => {
  const { port } = await start(t, { yaml: REQUIRE });
  const certificate = soundClient(pki, key);
  const { session } = await visit(t, { port, version: 'TLSv1.2', certificate });
  t.match(await visit(t, { port, version: 'TLSv1.2', certificate, session }), { resumed: true, status: 200 });
  t.match(await visit(t, { port, version: 'TLSv1.3', certificate, session }), { resumed: false, status: 200 });
});
