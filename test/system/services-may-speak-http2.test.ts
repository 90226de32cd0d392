// `protocol: http2`: a service gets requests of both versions by HTTP/2, and what it breaks stays broken.

import { once } from 'node:events';
import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import t, { type Test } from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { startHttp2Service } from '../kit/http2-service.ts';
import { END_HEADERS, ERROR, frame, headers, openRaw, POST, reset } from '../kit/http2-wire.ts';
import { until } from '../kit/until.ts';

const pki = makePki();

const start = (t: Test, upstreamPort: number, more = '', yaml = '') =>
  startTestGateway(t, {
    pki,
    upstreamPort,
    upstreamOptions: `protocol: http2\n${more}`,
    yaml: `${yaml}\nsites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]`,
  });

t.test('requests of both versions arrive', async (t) => {
  const { port, received } = await startHttp2Service(t);
  const gateway = await start(t, port);
  const one = { port: gateway.port, certificate: pki.issuing.client() };
  const first = await send(t, {
    ...one,
    method: 'POST',
    path: '/a?b=c',
    body: 'hello',
    headers: { te: 'trailers', connection: 'te' },
  });
  t.match(first, { status: 200, text: 'answered /a?b=c', headers: { 'x-kept': 'kept', 'x-client-verify': undefined } });
  const session = await openHttp2(t, one);
  const second = await askStream(t, session, {
    method: 'PUT',
    path: '/d',
    body: 'world',
    trailers: { 'x-sum': '1', 'x-client-verify': 'x' },
  });
  t.match(second, { status: 200, text: 'answered /d', headers: { 'x-kept': 'kept' } });
  t.match(await askStream(t, session, { method: 'HEAD', path: '/e' }), { status: 200, text: '' });
  const pseudo = { ':scheme': 'http', ':authority': 'localhost', 'x-client-verify': 'SUCCESS' };
  t.match(received, [
    { headers: { ...pseudo, ':method': 'POST', ':path': '/a?b=c', te: 'trailers' }, body: 'hello', trailers: [] },
    { headers: { ...pseudo, ':method': 'PUT', ':path': '/d' }, body: 'world', trailers: ['x-sum', '1'] },
    { headers: { ...pseudo, ':method': 'HEAD', ':path': '/e' }, body: '' },
  ]);
  t.notOk(received.some(({ headers }) => 'host' in headers || 'connection' in headers));
});

t.test('no more streams than the service allows', async (t) => {
  let [open, most] = [0, 0];
  const { port, sessions } = await startHttp2Service(
    t,
    (stream) => {
      most = Math.max(most, ++open);
      stream.once('close', () => open--);
      setImmediate(() => stream.respond({ ':status': 200 }, { endStream: true }));
    },
    { maxConcurrentStreams: 3 },
  );
  const gateway = await start(t, port, 'maxConnections: 6');
  const session = await openHttp2(t, { port: gateway.port });
  const replies = await Promise.all(Array.from({ length: 30 }, () => askStream(t, session)));
  t.strictSame(new Set(replies.map(({ status }) => status)), new Set([200]));
  t.ok(most <= 6, `${most} at a time`);
  t.ok(sessions.length >= 2);
});

t.test('a refused stream is sent again, once', async (t) => {
  const { port } = await startHttp2Service(t, (stream, headers, index) => {
    if (index === 0 || headers[':path'] === '/never') stream.close(ERROR.refusedStream);
    else stream.respond({ ':status': 200 }, { endStream: true });
  });
  const gateway = await start(t, port);
  t.equal((await send(t, { port: gateway.port })).status, 200);
  checkRefusal(t, await send(t, { port: gateway.port, path: '/never' }), 'upstream-failed');
});

t.test('a service that breaks', async (t) => {
  const { port, sessions } = await startHttp2Service(t, (stream, fields) => {
    const path = fields[':path'];
    if (path === '/reset') stream.close(ERROR.internal);
    else if (path === '/gone') sessions.at(-1)?.destroy();
    else {
      stream.respond({ ':status': 200 });
      stream.write('abc', () => (path === '/half' ? stream.destroy(new Error('broken')) : sessions.at(-1)?.destroy()));
    }
  });
  const gateway = await start(t, port);
  const session = await openHttp2(t, { port: gateway.port });
  for (const path of ['/reset', '/gone']) {
    checkRefusal(t, await send(t, { port: gateway.port, path }), 'upstream-failed');
    t.match(await askStream(t, session, { path }), { status: 502, resetCode: ERROR.none });
  }
  for (const path of ['/half', '/half-gone']) {
    await t.rejects(send(t, { port: gateway.port, path }), { code: 'ECONNRESET' });
    t.match(await askStream(t, session, { path }), { status: 200, resetCode: ERROR.internal });
  }
});

t.test('an upload broken off does not look complete', async (t) => {
  const resets: number[] = [];
  let heard = 0;
  let ends = 0;
  const { port } = await startHttp2Service(t, (stream) => {
    stream.on('data', (part: Buffer) => {
      heard += part.length;
    });
    stream.on('end', () => {
      if (!stream.closed) ends++;
    });
    stream.once('close', () => resets.push(stream.rstCode));
  });
  const gateway = await start(t, port);
  const client = await openRaw(t, { port: gateway.port });
  client.send(headers(1, POST, END_HEADERS), frame('DATA', 0, 1, 'abc'));
  await until(() => heard === 3);
  // node:http2 would end the stream before it resets it.
  client.send(reset(1, ERROR.cancel));
  await until(() => resets.length === 1);
  t.strictSame([resets, ends], [[ERROR.cancel], 0]);
});

t.test('limits hold', async (t) => {
  const { port, received } = await startHttp2Service(t);
  const gateway = await start(t, port, '', 'limits: { bodyBytes: 10B }');
  const session = await openHttp2(t, { port: gateway.port });
  t.match(await askStream(t, session, { method: 'POST', body: 'x'.repeat(10) }), { status: 200 });
  t.match(await askStream(t, session, { method: 'POST', body: 'x'.repeat(11) }), { status: 413 });
  t.equal(received.length, 1);

  const silent = await startHttp2Service(t, () => {});
  const slow = await start(t, silent.port, 'timeouts: { answer: 1s }');
  checkRefusal(t, await send(t, { port: slow.port }), 'upstream-timeout');
});

t.test('TLS to the service is verified, and HTTP/2 agreed upon', async (t) => {
  const certificate = pki.root.server({ san: [{ kind: 'ip', value: '127.0.0.1' }] });
  const { chainPem: cert, keyPem: key } = certificate;
  const server = createSecureServer({ cert, key });
  server.on('stream', (stream: ServerHttp2Stream) => stream.respond({ ':status': 200 }, { endStream: true }));
  const other = createTlsServer({ cert, key, ALPNProtocols: ['http/1.1'] });
  const mute = createTlsServer({ cert, key });
  const portOf = async (each: typeof server | typeof other) => {
    each.listen(0, '127.0.0.1');
    t.teardown(() => each.close());
    await once(each, 'listening');
    return (each.address() as AddressInfo).port;
  };
  const ask = async (port: number, ca: string) => {
    const gateway = await startTestGateway(t, {
      pki,
      upstreamPort: 1,
      yaml: `sites: [{ hosts: [localhost], clientCertificate: ignore, upstream: { url: "https://127.0.0.1:${port}", protocol: http2, ca: ${ca} } }]`,
      files: { 'service.pem': pki.root.pem, 'foreign.pem': pki.foreign.pem },
    });
    return send(t, { port: gateway.port });
  };
  const port = await portOf(server);
  t.equal((await ask(port, 'service.pem')).status, 200);
  checkRefusal(t, await ask(port, 'foreign.pem'), 'upstream-unreachable');
  checkRefusal(t, await ask(await portOf(other), 'service.pem'), 'upstream-unreachable');
  const silent = await portOf(mute);
  mute.on('secureConnection', (socket) => socket.on('error', () => {}).end());
  checkRefusal(t, await ask(silent, 'service.pem'), 'upstream-unreachable');
});
