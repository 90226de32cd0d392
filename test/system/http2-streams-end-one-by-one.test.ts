// HTTP/2: what ends one stream leaves the others of its connection alone, whether the stream would no longer be allowed or the
// gateway stops; and only what is meant to end the connection does.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { tlsOptions } from '../kit/client.ts';
import { type GatewayOptions, makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { ERROR } from '../kit/http2-wire.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const pki = makePki();
const alice = pki.issuing.client({ cn: 'alice' });
const bob = pki.issuing.client({ cn: 'bob' });

const site = (paths: string) =>
  `sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept, paths: ${paths} }]`;

interface Started {
  readonly gateway: TestGateway;
  /** Answers that are open at the service, by path. */
  readonly answers: ReadonlyMap<string, ServerResponse>;
}

async function start(t: Test, options: Partial<GatewayOptions> = {}): Promise<Started> {
  const answers = new Map<string, ServerResponse>();
  const upstream = await startUpstream(t, {
    answer({ url = '' }, response) {
      if (!url.startsWith('/events')) {
        response.end(`answered ${url}`);
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: opened\n\n');
      answers.set(url, response);
    },
  });
  const gateway = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    listener: 'http2: true',
    revocation: '{ mode: hard, crl: [ca.crl] }',
    yaml: site('{}'),
    ...options,
  });
  return { gateway, answers };
}

interface Events {
  readonly stream: ClientHttp2Stream;
  /** Waits for the next event. */
  next(text: string): Promise<void>;
}

async function openEvents(session: ClientHttp2Session, path: string): Promise<Events> {
  const stream = session.request({ ':path': path });
  let text = '';
  stream.on('error', () => {});
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const events: Events = { stream, next: (wanted) => until(() => text.includes(wanted)) };
  await events.next('data: opened');
  return events;
}

t.test('a revoked client loses its streams, others keep theirs', async (t) => {
  const { gateway, answers } = await start(t);
  const [hers, his] = [
    await openHttp2(t, { port: gateway.port, certificate: alice }),
    await openHttp2(t, { port: gateway.port, certificate: bob }),
  ];
  const lost = [await openEvents(hers, '/events/1'), await openEvents(hers, '/events/2')];
  const kept = await openEvents(his, '/events/3');
  await gateway.reload({ crl: { revoked: [alice], number: 2 } });
  await until(() => lost.every(({ stream }) => stream.closed));
  t.strictSame(
    lost.map(({ stream }) => stream.rstCode),
    [ERROR.internal, ERROR.internal],
  );
  answers.get('/events/3')?.write('data: more\n\n');
  await kept.next('data: more');
  const refused = await askStream(t, hers, { path: '/again' });
  t.match(JSON.parse(refused.text), { code: 'certificate-revoked', status: 403 });
  t.match(await askStream(t, his, { path: '/again' }), { text: 'answered /again' });
  await until(() => gateway.requests().filter(({ code }) => code === 'certificate-revoked').length === 3);
});

t.test('a changed rule takes the streams under it, and no others of the connection', async (t) => {
  const { gateway, answers } = await start(t);
  const session = await openHttp2(t, { port: gateway.port });
  const lost = await openEvents(session, '/events/admin/1');
  const kept = await openEvents(session, '/events/2');
  await gateway.reload({ yaml: site('{ /events/admin: { clientCertificate: require } }') });
  await until(() => lost.stream.closed);
  t.equal(lost.stream.rstCode, ERROR.internal);
  answers.get('/events/2')?.write('data: more\n\n');
  await kept.next('data: more');
  t.match(await askStream(t, session, { path: '/events/admin/3' }), { status: 403 });
  t.notOk(session.closed);
});

t.test('onRefusal: close ends the connection with all that is on it', async (t) => {
  const { gateway } = await start(t, {
    yaml: site('{ /admin: { clientCertificate: require, onRefusal: close }, /told: { clientCertificate: require } }'),
  });
  const session = await openHttp2(t, { port: gateway.port });
  const events = await openEvents(session, '/events/1');
  t.match(await askStream(t, session, { path: '/told' }), { status: 403 });
  t.notOk(session.destroyed);
  t.equal((await askStream(t, session, { path: '/admin' })).status, 0);
  await until(() => session.destroyed && events.stream.destroyed);
  t.match(await askStream(t, await openHttp2(t, { port: gateway.port }), { path: '/x' }), { status: 200 });
});

t.test('a refusal of an older trust store is answered, and the connection ends behind it', async (t) => {
  const partner = pki.foreign.client({ cn: 'partner' });
  const { gateway, answers } = await start(t, { revocation: '{ mode: "off" }' });
  const session = await openHttp2(t, { port: gateway.port, certificate: partner });
  t.match(JSON.parse((await askStream(t, session, { path: '/x' })).text), { code: 'certificate-untrusted' });
  t.notOk(session.closed, 'of today’s: the connection goes on');
  await gateway.reload({ yaml: site('{ /events: { clientCertificate: ignore } }') });
  const events = await openEvents(session, '/events/1');
  await gateway.reload({ files: { 'ca.pem': pki.root.pem + pki.foreign.pem } });
  t.match(await askStream(t, session, { path: '/x' }), { status: 403 });
  await until(() => session.closed);
  answers.get('/events/1')?.end('data: last\n\n');
  await events.next('data: last');
  t.equal(events.stream.rstCode, ERROR.none);
  const again = await openHttp2(t, { port: gateway.port, certificate: partner });
  t.match(await askStream(t, again, { path: '/x' }), { status: 200 });
});

t.test('a gateway that stops says GOAWAY and lets open streams come to their end', async (t) => {
  const { gateway, answers } = await start(t);
  const session = await openHttp2(t, { port: gateway.port });
  const idle = await openHttp2(t, { port: gateway.port });
  const events = await openEvents(session, '/events/1');
  const [goaway, idleClosed] = [once(session, 'goaway'), once(idle, 'close')];
  let isStopped = false;
  const stopped = gateway.stop().then(() => {
    isStopped = true;
  });
  t.strictSame((await goaway).slice(0, 1), [ERROR.none]);
  await idleClosed;
  answers.get('/events/1')?.write('data: more\n\n');
  await events.next('data: more');
  t.notOk(isStopped);
  answers.get('/events/1')?.end('data: last\n\n');
  await events.next('data: last');
  await stopped;
  t.equal(events.stream.rstCode, ERROR.none);
});

t.test('what a client offers is what is spoken', async (t) => {
  const { gateway } = await start(t);
  const plain = await start(t, { listener: 'http2: false' });
  const speak = (port: number, ALPNProtocols?: string[]) =>
    new Promise<string | false | null>((resolve) => {
      const socket = connect({ ...tlsOptions({ port }), ...(ALPNProtocols && { ALPNProtocols }) });
      t.teardown(() => socket.destroy());
      socket.once('secureConnect', () => resolve(socket.alpnProtocol));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
  t.equal(await speak(gateway.port, ['h2', 'http/1.1']), 'h2');
  t.equal(await speak(gateway.port, ['http/1.1', 'h2']), 'h2');
  t.equal(await speak(gateway.port, ['http/1.1']), 'http/1.1');
  t.equal(await speak(gateway.port), false);
  t.equal(await speak(gateway.port, ['spdy/3']), 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
  t.equal(await speak(plain.gateway.port, ['h2', 'http/1.1']), false);
});
