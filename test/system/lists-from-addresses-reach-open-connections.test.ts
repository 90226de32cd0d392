// Revocation lists that the gateway fetches: a new one closes what it concerns, a server that is down changes nothing.

import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import type { TestCertificate } from '../kit/pki.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';
import { echo, openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';
import { deltaOf, distributionPoints } from '../unit/revocation/crl-extensions.ts';

const pki = makePki();
const { root, issuing } = pki;
const alice = issuing.client({ cn: 'alice' });
const bob = issuing.client({ cn: 'bob' });

/** Where the deltas of a base list are: the form is that of distribution points. */
const freshest = (uri: string) => ({ ...distributionPoints({ name: { uri } }), oid: '2.5.29.46' });

const YAML = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]';

/** A server of both lists. `down`: it answers with an error. */
async function startLists(t: Test) {
  const lists = { issuing: issuing.crl({ number: 1 }).der, root: root.crl({ number: 1 }).der, down: false };
  const answer = (path: string | undefined, response: ServerResponse) => {
    if (lists.down) response.writeHead(503).end('down');
    else response.end(path === '/root' ? lists.root : lists.issuing);
  };
  const server = await startUpstream(t, { answer: (request, response) => answer(request.url, response) });
  const urls = [`http://127.0.0.1:${server.port}/issuing`, `http://127.0.0.1:${server.port}/root`];
  return { lists, urls, server };
}

async function openStream(t: Test, port: number, certificate: TestCertificate): Promise<WebSocket> {
  const socket = await openWebSocket(t, { port, certificate });
  if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket.text}`);
  return socket;
}

t.test('a new list refuses the next request and closes the open stream of exactly whom it names', async (t) => {
  const { lists, urls } = await startLists(t);
  const upstream = await startEchoUpstream(t);
  const revocation = `{ mode: hard, crl: [${urls.join(', ')}], refresh: 50ms }`;
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML, revocation });
  const ofAlice = await openStream(t, gateway.port, alice);
  const ofBob = await openStream(t, gateway.port, bob);
  t.equal(await echo(ofAlice, 'hello'), 'hello');

  const first = lists.issuing;
  lists.issuing = issuing.crl({ number: 2, revoked: [alice] }).der;
  await until(() => ofAlice.readyState === WebSocket.CLOSED);
  t.equal(await echo(ofBob, 'still here'), 'still here');
  checkRefusal(t, await send(t, { port: gateway.port, certificate: alice }), 'certificate-revoked');

  // The same one: a list of a lower number and a later second would be no older one.
  lists.issuing = first;
  await until(() => gateway.lines.some(({ message, why }) => /no new/.test(message) && /older list/.test(`${why}`)));
  checkRefusal(t, await send(t, { port: gateway.port, certificate: alice }), 'certificate-revoked');

  lists.issuing = issuing.crl({ number: 3 }).der;
  await until(async () => (await openWebSocket(t, { port: gateway.port, certificate: alice })) instanceof WebSocket);
  t.equal(await echo(ofBob, 'and here'), 'and here');
});

t.test('a server that is down: what is known counts, also through a reload; what never came is unknown', async (t) => {
  const { lists, urls } = await startLists(t);
  const upstream = await startEchoUpstream(t);
  const revocation = `{ mode: hard, crl: [${urls.join(', ')}], refresh: 50ms }`;
  const options = { pki, upstreamPort: upstream.port, yaml: YAML, revocation };
  const gateway = await startTestGateway(t, options);
  const passes = async () => (await openWebSocket(t, { port: gateway.port, certificate: bob })) instanceof WebSocket;
  t.ok(await passes());

  lists.down = true;
  await until(() => gateway.lines.some(({ message }) => /no new revocation list/.test(message)));
  t.ok(await passes());
  await gateway.reload({ yaml: `${YAML}\nlimits: { identityBytes: 20KiB }\n` });
  t.ok(await passes(), 'a reload forgets no list');

  const late = await startTestGateway(t, options);
  checkRefusal(t, await send(t, { port: late.port, certificate: bob }), 'revocation-unknown');
  lists.down = false;
  await until(async () => (await openWebSocket(t, { port: late.port, certificate: bob })) instanceof WebSocket);
});

t.test('age and outcome are told in log and metrics', async (t) => {
  const { urls } = await startLists(t);
  const upstream = await startUpstream(t);
  const revocation = `{ mode: hard, crl: [${urls.join(', ')}] }`;
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML, revocation });
  t.equal((await send(t, { port: gateway.port, certificate: bob })).status, 200);
  await until(() => gateway.requests().length === 1);
  t.match(gateway.requests()[0]?.revocation, { status: 'good', source: 'crl', ageSeconds: Number });
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
  for (const name of ['this_update_timestamp_seconds', 'next_update_timestamp_seconds', 'entries']) {
    t.match(
      metrics,
      new RegExp(`portcullis_crl_${name}\\{trust="corporate",issuer="CN=Test Issuing",kind="complete"\\} \\d`),
    );
  }
  t.match(metrics, new RegExp(`portcullis_crl_fetches_total\\{source="${urls[0]}",outcome="new"\\} 1`));
});

t.test('deltas that a base list names are fetched with it', async (t) => {
  const upstream = await startEchoUpstream(t);
  const server = await startUpstream(t, {
    answer: (request, response) => response.end(bodies.get(request.url ?? '') ?? root.crl().der),
  });
  const address = (path: string) => `http://127.0.0.1:${server.port}${path}`;
  const bodies = new Map([['/base', issuing.crl({ number: 1, extensions: [freshest(address('/delta'))] }).der]]);
  bodies.set('/delta', issuing.crl({ number: 2, extensions: [deltaOf(1)], revoked: [alice] }).der);
  const revocation = `{ mode: hard, depth: leaf, cdp: true, allowHosts: ["127.0.0.1:${server.port}"] }`;
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML, revocation });
  const withPoint = (cn: string, serial = alice.facts.serial) =>
    issuing.client({ cn, serial, crlUris: [address('/base')] });
  const socket = await openWebSocket(t, { port: gateway.port, certificate: withPoint('bob', '0B0B') });
  t.ok(socket instanceof WebSocket);
  checkRefusal(t, await send(t, { port: gateway.port, certificate: withPoint('alice') }), 'certificate-revoked');
});
