// HTTP/2: each stream is judged for itself, by the certificate of its connection, and reaches the service as a request of
// HTTP/1.1 would.

import t from 'tap';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { headerOf, startUpstream } from '../kit/upstream.ts';

const pki = makePki();
const alice = pki.issuing.client({ cn: 'alice' });

t.test('a request passes', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    listener: 'http2: true',
    yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept, paths: { /admin: { clientCertificate: require } } }]',
  });
  const session = await openHttp2(t, { port: gateway.port, certificate: alice });
  const reply = await askStream(t, session, {
    path: '/x?a=1',
    headers: { cookie: ['a=1', 'b=2'], 'X-Client-Verify': 'spoofed' },
  });
  t.match(reply, { status: 200, text: 'answered /x?a=1', resetCode: 0 });
  t.strictSame(headerOf(upstream.last(), 'x-client-verify'), ['SUCCESS']);
  t.strictSame(headerOf(upstream.last(), 'cookie'), ['a=1; b=2']);
  const posted = await askStream(t, session, {
    method: 'POST',
    path: '/up',
    body: 'hello',
    trailers: { 'x-sum': '1' },
  });
  t.match(posted, { status: 200, text: 'answered /up' });
  t.equal(upstream.last().body.toString(), 'hello');
  t.strictSame(upstream.last().trailers, ['x-sum', '1']);
  const head = await askStream(t, session, { method: 'HEAD', path: '/x' });
  t.match(head, { status: 200, text: '', resetCode: 0 });
  t.strictSame(
    gateway.requests().map(({ method, status, path }) => [method, status, path]),
    [
      ['GET', 200, '/x'],
      ['POST', 200, '/up'],
      ['HEAD', 200, '/x'],
    ],
  );
  t.strictSame(
    gateway.lines.filter(({ level }) => level === 'error'),
    [],
  );

  const nobody = await openHttp2(t, { port: gateway.port });
  const [open, refused] = await Promise.all([
    askStream(t, nobody, { path: '/open' }),
    askStream(t, nobody, { path: '/admin/x' }),
  ]);
  t.match(open, { status: 200 });
  t.match(refused, { status: 403 });
  t.match(JSON.parse(refused.text), { code: 'certificate-required' });
});
