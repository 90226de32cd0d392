// Whoever asks too often, by address or by certificate, is told when to come again; whoever makes too many handshakes is
// turned away before one is made; and others are served meanwhile.

import { once } from 'node:events';
import { connect } from 'node:tls';
import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { checkRefusal, open, send } from '../kit/client.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { makeRoot } from '../kit/pki.ts';
import { until } from '../kit/until.ts';
import { readAnswers } from '../kit/wire.ts';

/** One each second and three at once: so slow that no test comes to the next one. */
const RATE = 'PerSecond: 1, burst: 3s';
const GET = 'GET /public HTTP/1.1\r\nHost: localhost\r\n\r\n';

const metricsOf = async (port: number) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

t.test('requests of one address', async (t) => {
  const { port, gateway, upstream } = await startAttacked(t, {
    yaml: `limits: { perAddress: { requests${RATE} } }\n`,
  });
  let served = 0;
  let refused = await send(t, { port, path: '/public' });
  while (refused.status === 200) {
    served++;
    refused = await send(t, { port, path: '/public' });
  }
  t.ok(served >= 3, 'a burst is served');
  checkRefusal(t, refused, 'rate-limited');
  t.match(refused.headers['retry-after'], /^[1-9]$/);
  t.equal(upstream.received.length, served, 'and the upstream saw no more');
  t.match(gateway.requests().at(-1), { status: 429, code: 'rate-limited', check: 'address-rate', leftOut: 0 });
  t.match(await metricsOf(gateway.probesPort), /^portcullis_requests_total\{.*code="rate-limited"\} [1-9]/m);
});

t.test('over several connections, and by HTTP/2', async (t) => {
  const { port } = await startAttacked(t, { yaml: `limits: { perAddress: { requests${RATE} } }\n` });
  const session = await openHttp2(t, { port });
  const replies = await Promise.all(Array.from({ length: 20 }, () => askStream(t, session, { path: '/public' })));
  const statuses = replies.map(({ status }) => status);
  t.strictSame(new Set(statuses), new Set([200, 429]));
  t.ok(replies.find(({ status }) => status === 429)?.headers['retry-after']);
  t.equal(session.closed, false, 'the connection goes on');
  t.equal((await send(t, { port, path: '/public' })).status, 429, 'another connection is of the same address');
});

t.test('requests of one certificate', async (t) => {
  const { port, alice, gateway } = await startAttacked(t, {
    yaml: `limits: { perCertificate: { requests${RATE} } }\n`,
  });
  const renewed = gateway.pki.issuing.client({ cn: 'alice renewed', key: alice.key });
  for (const certificate of [alice, renewed, alice]) {
    t.equal((await send(t, { port, path: '/admin', certificate })).status, 200, 'a burst is served');
  }
  await until(async () => (await send(t, { port, path: '/admin', certificate: renewed })).status === 429);
  t.equal((await send(t, { port, path: '/admin', certificate: alice })).status, 429, 'both are of one key');
  t.match(
    gateway.requests().find(({ status }) => status === 429),
    { check: 'certificate-rate' },
  );
  const bob = gateway.pki.issuing.client({ cn: 'bob' });
  t.equal((await send(t, { port, path: '/admin', certificate: bob })).status, 200, 'bob has a share of his own');
  t.equal((await send(t, { port, path: '/public' })).status, 200, 'and so has nobody');
});

t.test('requests of one certificate at a time', async (t) => {
  const { port, alice, upstream } = await startAttacked(t, {
    yaml: 'limits: { perCertificate: { requests: 2 } }\n',
  });
  let begun = 0;
  upstream.server.on('request', () => begun++);
  const session = await openHttp2(t, { port, certificate: alice });
  const waiting = [1, 2].map(() => session.request({ ':method': 'POST', ':path': '/waits' }));
  for (const stream of waiting) stream.on('error', () => {}).write('begun');
  await until(() => begun === 2);
  checkRefusal(t, await send(t, { port, path: '/admin', certificate: alice }), 'rate-limited');
  t.equal((await send(t, { port, path: '/public' })).status, 200);
  for (const stream of waiting) stream.end();
  await until(async () => (await send(t, { port, path: '/admin', certificate: alice })).status === 200);
});

t.test('connections of one certificate', async (t) => {
  const { port, alice, gateway } = await startAttacked(t, {
    yaml: 'limits: { perCertificate: { connections: 2 } }\n',
  });
  const sockets = [await open(t, { port, certificate: alice }), await open(t, { port, certificate: alice })] as const;
  await t.rejects(send(t, { port, path: '/admin', certificate: alice }), 'the third is closed');
  t.equal((await send(t, { port, path: '/public' })).status, 200);
  t.match(await metricsOf(gateway.probesPort), /^portcullis_connections_refused_total\{why="certificate-limit"\} 1$/m);
  sockets[0].destroy();
  await until(() =>
    send(t, { port, path: '/admin', certificate: alice }).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
});

t.test('handshakes of one address', async (t) => {
  const { port, gateway } = await startAttacked(t, { yaml: `limits: { perAddress: { handshakes${RATE} } }\n` });
  const kept = await open(t, { port });
  let turnedAway = false;
  for (let tries = 0; tries < 1000 && !turnedAway; tries++) {
    await open(t, { port }).catch(() => {
      turnedAway = true;
    });
  }
  t.equal(turnedAway, true);
  const answers = readAnswers(t, kept);
  kept.write(GET);
  t.equal((await answers.next()).status, 200, 'a connection that is there goes on');
  t.match(await metricsOf(gateway.probesPort), /^portcullis_connections_refused_total\{why="address-rate"\} [1-9]/m);
  t.match(
    gateway.lines.find(({ message }) => message === 'a connection was turned away'),
    { why: 'address-rate', clientAddress: '127.0.0.1', leftOut: 0 },
  );
  if (process.platform !== 'linux') return;
  const options = { port, host: '127.0.0.1', localAddress: '127.0.0.2', servername: 'localhost' };
  const other = connect({ ...options, rejectUnauthorized: false });
  t.teardown(() => other.destroy());
  await once(other, 'secureConnect');
  t.pass('another address has a share of its own');
});

t.test('handshakes whose certificate nobody trusts', async (t) => {
  const { port, alice } = await startAttacked(t, {
    yaml: 'limits: { perAddress: { handshakesPerSecond: 1, burst: 60s } }\n',
  });
  const nobody = makeRoot({ name: 'Nobody' }).client({ cn: 'alice' });
  for (let index = 0; index < 10; index++) {
    t.equal((await send(t, { port, path: '/admin', certificate: alice })).status, 200, 'ten good ones are few');
  }
  let refused = 0;
  const ask = () => send(t, { port, path: '/admin', certificate: nobody }).then(() => refused++);
  while (refused < 50 && (await ask().catch(() => undefined)) !== undefined);
  t.ok(refused > 0, 'they are refused');
  t.ok(refused < 10, 'until they are turned away, long before their number is reached');
});

t.test('clients behind a proxy', async (t) => {
  const { port } = await startAttacked(t, {
    yaml: `trustedProxies: [127.0.0.1]\nlimits: { perAddress: { connections: 1, requests${RATE} } }\n`,
  });
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  const ask = async (client: string) => {
    socket.write(GET.replace('\r\n\r\n', `\r\nX-Forwarded-For: ${client}\r\n\r\n`));
    return (await answers.next()).status;
  };
  let statuses: number[] = [];
  while (statuses.at(-1) !== 429) statuses.push(await ask('203.0.113.9, 198.51.100.1'));
  t.strictSame(statuses.slice(0, 3), [200, 200, 200]);
  statuses = [await ask('203.0.113.9, 198.51.100.2'), await ask('198.51.100.1, 198.51.100.3')];
  t.strictSame(statuses, [200, 200], 'each has a share of its own, whatever it says of those before it');
  t.equal((await send(t, { port, path: '/public' })).status, 200, 'the proxy has more than one connection');
});
