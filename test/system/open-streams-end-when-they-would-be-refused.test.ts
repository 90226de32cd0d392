// An open WebSocket and an open SSE answer of exactly the certificate concerned are closed; those of others go on
// (design rule 4).

import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { open, readUntil } from '../kit/client.ts';
import { type GatewayOptions, makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import type { TestCertificate } from '../kit/pki.ts';
import { until } from '../kit/until.ts';
import { echo, openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';

const HOUR_MS = 3_600_000;
const pki = makePki();
const { root, issuing, foreign } = pki;

const site = (settings: string) => `sites: [{ hosts: [localhost], trust: corporate, upstream: app, ${settings} }]`;

/** Both kinds of stream of one client. */
interface Streams {
  /** How many of the two are closed. */
  closed(): number;
  /** A message and an event come through. */
  check(t: Test, what: string): Promise<void>;
}

interface Started {
  readonly gateway: TestGateway;
  openStreams(certificate?: TestCertificate): Promise<Streams>;
}

async function start(t: Test, options: Partial<GatewayOptions> = {}): Promise<Started> {
  const answers: ServerResponse[] = [];
  const upstream = await startEchoUpstream(t, {
    answer(_, response) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: opened\n\n');
      answers.push(response);
    },
  });
  const gateway = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    revocation: '{ mode: hard, crl: [ca.crl] }',
    yaml: site('clientCertificate: accept'),
    ...options,
  });
  const openStreams = async (certificate?: TestCertificate): Promise<Streams> => {
    const socket = await openWebSocket(t, { port: gateway.port, certificate });
    if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket.text}`);
    const events = await open(t, { port: gateway.port, certificate });
    const opened = readUntil(events, (text) => text.includes('data: opened'));
    events.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await opened;
    const answer = answers.at(-1);
    return {
      closed: () => Number(socket.readyState === WebSocket.CLOSED) + Number(events.closed),
      async check(t, what) {
        t.equal(await echo(socket, 'hello'), 'hello', `${what}: WebSocket`);
        const more = readUntil(events, (text) => text.includes('data: more'));
        answer?.write('data: more\n\n');
        t.match(await more, /data: more/, `${what}: SSE`);
      },
    };
  };
  return { gateway, openStreams };
}

function closings({ lines }: TestGateway): unknown[] {
  return lines.filter(({ message }) => message.startsWith('an open stream was closed')).map(({ code }) => code);
}

t.test('expiry', async (t) => {
  let now = Date.now();
  const { gateway, openStreams } = await start(t, { clock: () => now });
  const alice = await openStreams(issuing.client({ cn: 'alice', notAfter: now + HOUR_MS }));
  const bob = await openStreams(issuing.client({ cn: 'bob', notAfter: now + 2 * HOUR_MS }));
  const nobody = await openStreams();
  now += HOUR_MS - 60_000;
  await alice.check(t, 'until the last minute');
  now += 2 * 60_000;
  await until(() => alice.closed() === 2);
  await bob.check(t, 'bob goes on');
  await nobody.check(t, 'who has no certificate goes on');
  t.strictSame(closings(gateway), ['certificate-expired', 'certificate-expired']);
  now += HOUR_MS;
  await until(() => bob.closed() === 2);
  await nobody.check(t, 'still');
  await until(() => gateway.requests().length === 4);
  t.match(gateway.requests(), Array(4).fill({ decision: 'allow', code: 'certificate-expired' }));
});

t.test('revocation', async (t) => {
  const { gateway, openStreams } = await start(t);
  const [alice, bob] = [issuing.client({ cn: 'alice' }), issuing.client({ cn: 'bob' })];
  const again = await openStreams(alice);
  const [first, second, nobody] = [await openStreams(alice), await openStreams(bob), await openStreams()];
  await gateway.reload({ crl: { revoked: [alice], number: 2 } });
  await until(() => first.closed() + again.closed() === 4);
  await second.check(t, 'bob goes on');
  await nobody.check(t, 'who has no certificate goes on');
  t.strictSame(closings(gateway), Array(4).fill('certificate-revoked'));
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
  t.match(metrics, /^portcullis_streams_closed_total\{code="certificate-revoked"\} 4$/m);
  t.match(metrics, /^portcullis_open_requests\{kind="http"\} 2\n.*\{kind="websocket"\} 2$/m, 'of bob and of nobody');
});

t.test('a removed anchor', async (t) => {
  const { gateway, openStreams } = await start(t, {
    revocation: '{ mode: "off" }',
    files: { 'ca.pem': root.pem + foreign.pem },
  });
  const alice = await openStreams(issuing.client({ cn: 'alice' }));
  const partner = await openStreams(foreign.client({ cn: 'partner' }));
  await gateway.reload({ files: { 'ca.pem': foreign.pem } });
  await until(() => alice.closed() === 2);
  await partner.check(t, 'under the other anchor it goes on');
  t.strictSame(closings(gateway), ['certificate-untrusted', 'certificate-untrusted']);
});

t.test('a changed rule', async (t) => {
  const { gateway, openStreams } = await start(t);
  const alice = await openStreams(issuing.client({ cn: 'alice' }));
  const bob = await openStreams(issuing.client({ cn: 'bob' }));
  const nobody = await openStreams();
  await gateway.reload({ yaml: site('clientCertificate: accept, deny: [{ subject: { CN: alice } }]') });
  await until(() => alice.closed() === 2);
  await bob.check(t, 'bob goes on');
  await nobody.check(t, 'who has no certificate goes on');
  await gateway.reload({ yaml: site('clientCertificate: require') });
  await until(() => nobody.closed() === 2);
  await bob.check(t, 'who has one goes on');
  const gone = site('clientCertificate: require').replace('hosts: [localhost]', 'hosts: [other.test]');
  await gateway.reload({ yaml: gone, serverNames: ['localhost', 'other.test'] });
  await until(() => bob.closed() === 2);
  t.strictSame(
    closings(gateway),
    ['certificate-not-allowed', 'certificate-required', 'host-unknown'].flatMap((code) => [code, code]),
  );
});

t.test('an outdated list', async (t) => {
  let now = Date.now();
  const { gateway, openStreams } = await start(t, {
    clock: () => now,
    revocation: '{ mode: hard, crl: [ca.crl], maxStale: 30m }',
    crl: { nextUpdate: now + HOUR_MS },
  });
  const alice = await openStreams(issuing.client({ cn: 'alice' }));
  const witness = await openStreams(issuing.client({ cn: 'witness', notAfter: now + 1.1 * HOUR_MS }));
  now += 1.25 * HOUR_MS;
  await until(() => witness.closed() === 2);
  await alice.check(t, 'within maxStale it goes on');
  now += 0.3 * HOUR_MS;
  await until(() => alice.closed() === 2);
  t.strictSame(closings(gateway).slice(2), ['revocation-unknown', 'revocation-unknown']);
});
