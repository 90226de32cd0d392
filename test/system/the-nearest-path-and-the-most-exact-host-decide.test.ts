// Which rule is in force: on whole segments, in any letter case where it tightens, for the most exact host.

import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { headerOf, startUpstream } from '../kit/upstream.ts';

const OPEN = 200;

t.test('paths', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    serverNames: ['localhost', 'exact.test'],
    yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /admin: { clientCertificate: require, allow: [{ subject: { CN: alice } }] }
      /admin/log: { allow: [{ subject: { CN: bob } }] }
      /help: { clientCertificate: ignore }
      /caf%C3%A9: { clientCertificate: require }
      /Mixed/Case: { clientCertificate: require }
  - hosts: [exact.test]
    trust: corporate
    upstream: app
    clientCertificate: accept
    caseSensitive: true
    paths:
      /admin: { clientCertificate: require }
`,
  });
  const { port, pki } = gateway;
  const alice = pki.issuing.client({ cn: 'alice' });
  const bob = pki.issuing.client({ cn: 'bob' });
  const stranger = pki.foreign.client({ cn: 'alice' });

  for (const [servername, path, rule, nobody, asAlice, asBob] of [
    ['localhost', '/', '/', OPEN, OPEN, OPEN],
    ['localhost', '/admin', '/admin', 'certificate-required', OPEN, 'certificate-not-allowed'],
    ['localhost', '/admin/', '/admin', 'certificate-required', OPEN, 'certificate-not-allowed'],
    ['localhost', '/admin/x?y', '/admin', 'certificate-required', OPEN, 'certificate-not-allowed'],
    ['localhost', '/administrator', '/', OPEN, OPEN, OPEN],
    ['localhost', '/x/admin', '/', OPEN, OPEN, OPEN],
    ['localhost', '/%61dmin', '/admin', 'certificate-required', OPEN, 'certificate-not-allowed'],
    ['localhost', '/ADMIN', '/admin', 'certificate-required', OPEN, 'certificate-not-allowed'],
    ['localhost', '/Admin/X', '/admin', 'certificate-required', OPEN, 'certificate-not-allowed'],
    ['localhost', '/admin/log', '/admin/log', 'certificate-required', 'certificate-not-allowed', OPEN],
    ['localhost', '/admin/log/today', '/admin/log', 'certificate-required', 'certificate-not-allowed', OPEN],
    ['localhost', '/admin/logs', '/admin', 'certificate-required', OPEN, 'certificate-not-allowed'],
    ['localhost', '/caf%c3%a9', '/caf%C3%A9', 'certificate-required', OPEN, OPEN],
    ['localhost', '/CAF%C3%89/x', '/caf%C3%A9', 'certificate-required', OPEN, OPEN],
    ['localhost', '/mixed/CASE', '/Mixed/Case', 'certificate-required', OPEN, OPEN],
    ['exact.test', '/admin', '/admin', 'certificate-required', OPEN, OPEN],
    ['exact.test', '/ADMIN', '/', OPEN, OPEN, OPEN],
  ] as const) {
    for (const [certificate, outcome] of [
      [undefined, nobody],
      [alice, asAlice],
      [bob, asBob],
    ] as const) {
      const answer = await send(t, { port, certificate, path, servername });
      if (outcome === OPEN) t.equal(answer.status, OPEN, `${servername}${path}`);
      else checkRefusal(t, answer, outcome);
      t.equal(gateway.requests().at(-1)?.rule, `${servername}${rule}`);
    }
  }

  // A rule that loosens holds in its own letter case only: elsewhere the stricter one around it decides as well.
  t.equal((await send(t, { port, certificate: stranger, path: '/help' })).status, OPEN);
  checkRefusal(t, await send(t, { port, certificate: stranger, path: '/HELP' }), 'certificate-untrusted');
  const known = upstream.received.length;
  t.equal((await send(t, { port, certificate: alice, path: '/help' })).status, OPEN);
  t.equal((await send(t, { port, certificate: alice, path: '/Help' })).status, OPEN);
  const verified = upstream.received.slice(known).map((received) => headerOf(received, 'x-client-verify'));
  t.strictSame(verified, [['NONE'], ['SUCCESS']]);
});

t.test('hosts', async (t) => {
  const upstream = await startUpstream(t);
  const site = (host: string, mode: string) =>
    `  - { hosts: ["${host}"], trust: corporate, upstream: app, clientCertificate: ${mode} }\n`;
  const yaml = `sites:\n${site('*', 'require')}${site('*.test', 'ignore')}${site('App.TEST', 'accept')}`;
  const serverNames = ['localhost', 'app.test', '*.test', 'deep.app.test'];
  const gateway = await startTestGateway(t, { upstreamPort: upstream.port, serverNames, yaml });
  const { port, pki } = gateway;
  const alice = pki.issuing.client({ cn: 'alice' });
  for (const [servername, host, rule, status, verify] of [
    ['app.test', 'app.test', 'App.TEST/', OPEN, 'SUCCESS'],
    ['APP.test', 'App.Test:443', 'App.TEST/', OPEN, 'SUCCESS'],
    ['other.test', 'other.test.', '*.test/', OPEN, 'NONE'],
    ['deep.app.test', 'deep.app.test', '*/', OPEN, 'SUCCESS'],
    ['localhost', 'localhost:8443', '*/', OPEN, 'SUCCESS'],
  ] as const) {
    const answer = await send(t, { port, servername, certificate: alice, headers: { host } });
    t.equal(answer.status, status, host);
    t.equal(gateway.requests().at(-1)?.rule, rule);
    const received = upstream.received.at(-1);
    t.strictSame(received && headerOf(received, 'x-client-verify'), [verify]);
  }
  checkRefusal(t, await send(t, { port, servername: 'deep.app.test' }), 'certificate-required');
  checkRefusal(t, await send(t, { port, servername: 'app.test', headers: { host: 'other.test' } }), 'host-mismatch');
});
