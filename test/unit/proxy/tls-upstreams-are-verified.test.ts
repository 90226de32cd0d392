// Which certificates of an upstream are believed?

import https from 'node:https';
import tls, { type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import type { UpstreamTls } from '../../../src/proxy/upstream.ts';
import { makeRoot, PURPOSE, type TestCertificate } from '../../kit/pki.ts';
import { ask, connectRaw, listen, startFront } from './rig.ts';

const root = makeRoot();
const DAY_MS = 86_400_000;

async function startSecure(t: Test, certificate: TestCertificate, options: https.ServerOptions = {}) {
  const server = https.createServer(
    { cert: certificate.chainPem, key: certificate.keyPem, ...options },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const name = socket.getPeerCertificate()?.subject?.CN ?? 'nobody';
      response.end(`${name} ${socket.servername} ${request.headers.host} ${socket.isSessionReused()}`);
    },
  );
  return await listen(t, server);
}

function reach(t: Test, port: number, parts: Partial<UpstreamTls> = {}, host = '127.0.0.1') {
  return startFront(t, { url: new URL(`https://${host}:${port}`), tls: { ca: [root.pem], ...parts } });
}

t.test('a certificate for the host, by the authority given', async (t) => {
  const port = await startSecure(t, root.server());
  const byAddress = await ask((await reach(t, port)).port, '/', { headers: { Host: 'app.example' } });
  t.equal(byAddress.body.toString(), 'nobody false app.example false');
  const byName = await ask((await reach(t, port, {}, 'localhost')).port, '/', { headers: { Host: 'app.example' } });
  t.equal(byName.body.toString(), 'nobody localhost app.example false');
});

t.test('an intermediate that the upstream sends along', async (t) => {
  const port = await startSecure(t, root.intermediate().server());
  t.equal((await ask((await reach(t, port)).port, '/')).status, 200);
});

function selfSigned(): TestCertificate {
  const san = [{ kind: 'dns', value: 'localhost' }] as const;
  return makeRoot({ san, eku: [PURPOSE.serverAuth], keyUsage: ['digitalSignature', 'keyCertSign'] });
}

const UNBELIEVED: Readonly<Record<string, [() => TestCertificate, RegExp]>> = {
  'of another authority': [() => makeRoot({ name: 'Other' }).server(), /UNABLE_TO|SELF_SIGNED/],
  'of an authority of the same name': [() => makeRoot().server(), /SIGNATURE|UNABLE_TO|SELF_SIGNED/],
  'for another name': [() => root.server({ san: [{ kind: 'dns', value: 'other.example' }] }), /ALTNAME/],
  expired: [() => root.server({ notBefore: Date.now() - 2 * DAY_MS, notAfter: Date.now() - DAY_MS }), /EXPIRED/],
  'not yet valid': [
    () => root.server({ notBefore: Date.now() + DAY_MS, notAfter: Date.now() + 2 * DAY_MS }),
    /NOT_YET/,
  ],
  'self-signed': [selfSigned, /SELF_SIGNED/],
  'for clients only': [() => root.client({ san: [{ kind: 'dns', value: 'localhost' }] }), /INVALID_PURPOSE/],
};

for (const [name, [make, note]] of Object.entries(UNBELIEVED)) {
  t.test(`a certificate ${name} is not believed`, async (t) => {
    const { port, outcomes } = await reach(t, await startSecure(t, make()), {}, 'localhost');
    for (let i = 0; i < 2; i++) {
      const refused = await ask(port, '/');
      t.equal(refused.status, 502);
      t.equal(refused.refusal, 'upstream-unreachable');
      t.equal(refused.check, 'connect');
    }
    t.match(outcomes[0]?.note, note);
  });
}

t.test('a private authority is not one of the public ones', async (t) => {
  const port = await startSecure(t, root.server());
  t.equal((await ask((await reach(t, port)).port, '/')).status, 200);
  t.equal((await ask((await reach(t, port, { ca: 'system' })).port, '/')).refusal, 'upstream-unreachable');
});

t.test('serverName is the name expected and sent, an address is expected and not sent', async (t) => {
  const port = await startSecure(t, root.server({ san: [{ kind: 'dns', value: 'inner.example' }] }));
  t.equal((await ask((await reach(t, port)).port, '/')).refusal, 'upstream-unreachable');
  const named = await ask((await reach(t, port, { serverName: 'inner.example' })).port, '/');
  t.match(named.body.toString(), 'nobody inner.example');
  const other = await startSecure(t, root.server({ san: [{ kind: 'ip', value: '192.0.2.1' }] }));
  t.equal((await ask((await reach(t, other)).port, '/')).refusal, 'upstream-unreachable');
  t.equal((await ask((await reach(t, other, { serverName: '192.0.2.1' })).port, '/')).status, 200);
});

t.test('the certificate of the gateway is shown', async (t) => {
  const gateway = root.client({ cn: 'gateway' });
  const port = await startSecure(t, root.server(), { ca: root.pem, requestCert: true, rejectUnauthorized: true });
  const shown = await ask((await reach(t, port, { cert: gateway.pem, key: gateway.keyPem })).port, '/');
  t.match(shown.body.toString(), /^gateway /);
  t.equal((await ask((await reach(t, port)).port, '/')).status, 502);
});

t.test('upgrades are verified too', async (t) => {
  const ask101 =
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n';
  const other = makeRoot({ name: 'Other' });
  const server = await startSecure(t, other.server());
  const { port } = await reach(t, server);
  const client = await connectRaw(t, port, ask101);
  t.match(await client.heard(/x-check/), /x-refusal: upstream-unreachable/);
  const good = await connectRaw(t, (await reach(t, server, { ca: [other.pem] })).port, ask101);
  t.match(await good.heard(/200 OK/), /^HTTP\/1\.1 200 OK/);
});

t.test('NODE_TLS_REJECT_UNAUTHORIZED changes nothing', async (t) => {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });
  const server = await startSecure(t, makeRoot({ name: 'Other' }).server());
  await t.resolves(
    new Promise<void>((resolve, reject) => {
      const lax = tls.connect({ port: server, host: '127.0.0.1' }, () => lax.end(resolve));
      lax.on('error', reject);
    }),
    'a careless client would accept it',
  );
  t.equal((await ask((await reach(t, server)).port, '/')).refusal, 'upstream-unreachable');
});
