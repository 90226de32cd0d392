// Where an allowed request goes, under which path and host, and in which formats its identity is written.

import { X509Certificate } from 'node:crypto';
import t, { type Test } from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { identityHeadersOf, NOBODY } from '../kit/identity.ts';
import { headerOf, type Received, startUpstream } from '../kit/upstream.ts';

/** Paths under one site, each with an upstream of its own in front of the same service. */
async function start(t: Test, paths: Readonly<Record<string, string>>) {
  const service = await startUpstream(t);
  const rules = Object.entries(paths).map(
    ([path, options]) => `      ${path}: { upstream: { url: "http://127.0.0.1:${service.port}${options} } }`,
  );
  const gateway = await startTestGateway(t, {
    upstreamPort: service.port,
    yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    clientCertificate: accept
    paths:
${rules.join('\n')}
`,
  });
  const alice = gateway.pki.issuing.client({ cn: 'alice', serial: '0A1B2C' });
  const ask = async (path: string, host?: string, certificate = alice): Promise<Received> => {
    const known = service.received.length;
    const answer = await send(t, {
      port: gateway.port,
      certificate,
      path,
      headers: host === undefined ? {} : { host },
    });
    t.equal(answer.status, 200, path);
    t.equal(service.received.length, known + 1);
    const received = service.received.at(-1);
    if (received === undefined) throw new Error('nothing was received');
    return received;
  };
  return { gateway, service, alice, ask };
}

t.test('paths', async (t) => {
  const { gateway, service, ask } = await start(t, {
    '/plain': '"',
    '/strip': '", stripPrefix: /strip',
    '/strip-slash': '", stripPrefix: /strip-slash/',
    '/base': '/api/v1/", stripPrefix: /base',
    '/other': '", stripPrefix: /strip',
  });
  for (const [path, url] of [
    ['/plain/a?b=%20c;//d', '/plain/a?b=%20c;//d'],
    ['/strip/a/b?c', '/a/b?c'],
    ['/strip', '/'],
    ['/strip/', '/'],
    ['/strip?x', '/?x'],
    ['/STRIP/a', '/a'],
    ['/strip-slash/a', '/a'],
    ['/base/a%2Db', '/api/v1/a-b'],
    ['/base', '/api/v1/'],
  ] as const) {
    t.equal((await ask(path)).url, url, path);
  }
  const before = service.bytes();
  for (const path of ['/', '/nothing', '/stripped', '/other/a']) {
    checkRefusal(t, await send(t, { port: gateway.port, path }), 'not-found');
    t.match(gateway.requests().at(-1), { decision: 'deny', code: 'not-found', status: 404 });
  }
  t.equal(service.bytes(), before);
});

t.test('hosts', async (t) => {
  const { ask } = await start(t, { '/preserve': '"', '/named': '", host: "legacy.internal:81"' });
  for (const [path, sent, host] of [
    ['/preserve', 'LocalHost.', 'localhost'],
    ['/preserve', 'localhost:8443', 'localhost:8443'],
    ['/named', 'localhost', 'legacy.internal:81'],
  ] as const) {
    const received = await ask(path, sent);
    t.strictSame(headerOf(received, 'host'), [host]);
    t.strictSame(headerOf(received, 'x-forwarded-proto'), ['https']);
    t.strictSame(headerOf(received, 'x-forwarded-for'), ['127.0.0.1']);
    t.strictSame(headerOf(received, 'x-forwarded-host'), [sent === 'LocalHost.' ? 'localhost' : sent]);
  }
});

t.test('formats', async (t) => {
  const { gateway, alice, ask, service } = await start(t, {
    '/all': '", identityHeaders: [x-client, rfc9440, arr, aspnetcore]',
    '/custom': '", identityHeaders: [{ X-Dn: subject.rfc4514, X-Serial: serial.decimal }]',
    '/none': '", identityHeaders: []',
  });
  const received = await ask('/all');
  const only = (name: string) => {
    const values = headerOf(received, name);
    t.equal(values.length, 1, name);
    return values[0] ?? '';
  };
  const encoded = [only('client-cert').replace(/^:(.*):$/, '$1'), only('x-arr-clientcert'), only('x-client-cert')];
  for (const base64 of encoded) {
    t.equal(
      new X509Certificate(Buffer.from(base64, 'base64')).fingerprint256,
      new X509Certificate(alice.pem).fingerprint256,
    );
  }
  t.equal(only('x-client-verify'), 'SUCCESS');

  const custom = await ask('/custom');
  t.strictSame(
    identityHeadersOf(custom).filter((_, index) => index % 2 === 0),
    ['X-Dn'],
  );
  t.strictSame([headerOf(custom, 'x-dn'), headerOf(custom, 'x-serial')], [['CN=alice'], ['662316']]);
  t.strictSame(identityHeadersOf(await ask('/none')), []);

  // The custom names of one upstream are kept from the clients of all.
  const spoofed = { 'X-Dn': 'CN=admin', x_serial: '1' };
  for (const path of ['/all', '/none', '/custom']) {
    await send(t, { port: gateway.port, path, headers: spoofed });
    const last = service.received.at(-1);
    t.strictSame(last && [headerOf(last, 'x-dn'), headerOf(last, 'x_serial')], [[], []], path);
    t.strictSame(last && identityHeadersOf(last), path === '/all' ? NOBODY : []);
  }
});
