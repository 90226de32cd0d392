// Several processes behave as one gateway: numbers are sums, sessions resume everywhere, lists are fetched once, a block closes
// everywhere, and one process more or less costs nobody else anything.

import t from 'tap';
import { WebSocket } from 'ws';
import { callAdmin } from '../kit/admin.ts';
import { send, statusOf } from '../kit/client.ts';
import { commandsOn } from '../kit/commands.ts';
import { makePki } from '../kit/gateway.ts';
import { VERSIONS, visit } from '../kit/session-client.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';
import { openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';
import { isAlive, keepConnections, startCrewProcess } from '../kit/workers.ts';

const pki = makePki();
const { root, issuing } = pki;
const alice = issuing.client({ cn: 'alice' });
const bob = issuing.client({ cn: 'bob' });
const site = (mode: string) =>
  `sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: ${mode} }]\n`;

const REQUESTS = 'portcullis_request_duration_seconds_count{site="localhost",decision="allow"}';

t.test('what is counted is told as one, and stays when a process is lost', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startCrewProcess(t, { pki, upstreamPort: upstream.port, yaml: site('require') });
  const { port } = gateway;
  t.equal(gateway.pids().length, 2);
  t.equal(await gateway.metric('portcullis_workers'), 2);
  const kept = await keepConnections(t, 4, { port, certificate: alice });
  for (const connection of kept) for (let count = 0; count < 3; count++) t.equal(await connection.ask(), 200);
  t.equal(await gateway.metric(REQUESTS), 12);
  t.equal(await gateway.metric('portcullis_connections'), 4);
  t.match((await callAdmin(gateway.adminPort, '/api/v1/status')).json, { state: 'ready', connections: 4 });
  const { decisions } = (await callAdmin(gateway.adminPort, '/api/v1/decisions')).json;
  t.equal(decisions.length, 12, 'decisions of both');
  await until(() => gateway.lines().filter(({ msg }) => msg === 'request').length === 12);

  const [lost = 0, other = 0] = gateway.pids();
  process.kill(lost, 'SIGKILL');
  await until(() => gateway.pids().length === 2 && !gateway.pids().includes(lost));
  t.ok(gateway.pids().includes(other), 'the other goes on');
  await until(() => kept.filter(({ isClosed }) => isClosed).length === 2);
  for (const connection of kept)
    if (!connection.isClosed) t.equal(await connection.ask(), 200, 'nobody else is cut off');
  t.equal(await gateway.metric(REQUESTS), 14, 'no number falls');
  t.equal(await gateway.metric('portcullis_workers_lost_total'), 1);
  const fresh = await keepConnections(t, 4, { port, certificate: alice });
  for (const connection of fresh) t.equal(await connection.ask(), 200);
  t.equal(await gateway.metric(REQUESTS), 18);
});

for (const version of VERSIONS) {
  t.test(`${version}: a session is taken up with any of them, and by its intermediates`, async (t) => {
    const upstream = await startUpstream(t);
    const files = { 'ca.pem': root.pem };
    const options = { pki, upstreamPort: upstream.port, yaml: site('require'), files };
    const { port } = await startCrewProcess(t, options);
    const { session } = await visit(t, { port, version, certificate: alice });
    for (let count = 0; count < 4; count++) {
      t.match(await visit(t, { port, version, session }), { resumed: true, status: 200 });
    }
  });
}

t.test('a block closes the streams of exactly whom it means, in every process', async (t) => {
  const upstream = await startEchoUpstream(t);
  const yaml = `directory: { url: "sqlite:clients.db" }\n${site('require')}`;
  const gateway = await startCrewProcess(t, {
    pki,
    upstreamPort: upstream.port,
    yaml,
    files: { 'alice.pem': alice.chainPem },
  });
  const connect = async (certificate: typeof alice) => {
    const socket = await openWebSocket(t, { port: gateway.port, certificate });
    if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket.text}`);
    return socket;
  };
  const ofAlice = [await connect(alice), await connect(alice), await connect(alice), await connect(alice)];
  const ofBob = [await connect(bob), await connect(bob)];
  const commands = commandsOn(t, gateway.file, gateway.folder);
  const ended = commands.done('block', '--cert', 'alice.pem', '--reason', 'laptop stolen');
  await until(() => ofAlice.every(({ readyState }) => readyState === WebSocket.CLOSED));
  const closedAt = Date.now();
  await ended;
  const [block] = await commands.json<{ createdAt: string }[]>('blocks');
  t.comment(`closed ${closedAt - Date.parse(block?.createdAt ?? '')} ms after the block was written`);
  t.ok(ofBob.every(({ readyState }) => readyState === WebSocket.OPEN));
  for (let count = 0; count < 4; count++) t.equal(await statusOf(t, { port: gateway.port, certificate: alice }), 403);
});

t.test('lists are fetched once for all, and reach all', async (t) => {
  const answers = { issuing: issuing.crl({ number: 1 }).der, root: root.crl({ number: 1 }).der };
  const lists = await startUpstream(t, {
    answer: ({ url }, response) => void response.end(url === '/root' ? answers.root : answers.issuing),
  });
  const upstream = await startUpstream(t);
  const urls = ['issuing', 'root'].map((name) => `http://127.0.0.1:${lists.port}/${name}`);
  const options = { pki, upstreamPort: upstream.port, yaml: site('require') };
  const crl = `mode: hard, crl: [${urls.join(', ')}]`;
  await startCrewProcess(t, { ...options, revocation: `{ ${crl} }` });
  t.strictSame(lists.received.map(({ url }) => url).sort(), ['/issuing', '/root'], 'by three processes');

  const gateway = await startCrewProcess(t, { ...options, revocation: `{ ${crl}, refresh: 50ms }` });
  const kept = await keepConnections(t, 4, { port: gateway.port, certificate: alice });
  for (const connection of kept) t.equal(await connection.ask(), 200);
  answers.issuing = issuing.crl({ number: 2, revoked: [alice] }).der;
  await until(async () => {
    const statuses = await Promise.all(kept.map((connection) => connection.ask()));
    return statuses.every((status) => status !== 200);
  });
});

t.test('SIGTERM drains all of them', async (t) => {
  const held: (() => void)[] = [];
  const upstream = await startUpstream(t, {
    answer: (_, response) => void held.push(() => response.end('at last')),
  });
  const gateway = await startCrewProcess(t, { pki, upstreamPort: upstream.port, yaml: site('accept') });
  const asked = Array.from({ length: 4 }, () => send(t, { port: gateway.port }));
  await until(() => held.length === 4);
  const pids = gateway.pids();
  gateway.signal('SIGTERM');
  await gateway.lineWhere(({ msg }) => msg === 'stopping');
  for (const answer of held) answer();
  for (const answer of await Promise.all(asked)) t.match(answer, { status: 200, text: 'at last' });
  t.match(await gateway.ended, { code: 0, stderr: '' });
  t.notOk(pids.some(isAlive));
});

t.test('without the primary there are no workers: nobody would tell them of changes', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startCrewProcess(t, { pki, upstreamPort: upstream.port, yaml: site('accept') });
  const pids = gateway.pids();
  gateway.signal('SIGKILL');
  await until(() => !pids.some(isAlive));
});
