// Workers are exchanged under load, and nothing is lost. One that is killed takes its own connections with it, and no others.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { send } from '../kit/client.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { type StartedService, startServiceManager } from '../kit/service-manager.ts';
import { startSteadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';
import { startEchoUpstream } from '../kit/websocket-client.ts';
import { startCrewProcess } from '../kit/workers.ts';

const pki = makePki();
const certificate = pki.issuing.client({ cn: 'alice' });
const ANSWERS = 10;

t.test('under load', async (t) => {
  const upstream = await startEchoUpstream(t);
  const gateway = await startCrewProcess(t, {
    pki,
    upstreamPort: upstream.port,
    yaml: `
timeouts: { drain: 2s }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]
`,
  });
  const load = startSteadyLoad({ port: gateway.port, certificate, doomedPath: '/other' });
  t.teardown(load.stop);
  await load.further(ANSWERS);
  const lost = () =>
    Object.fromEntries(
      Object.entries(load.tallies).map(([kind, tally]) => [kind, Object.values(tally.lost).reduce((a, b) => a + b, 0)]),
    );

  for (const drain of ['3s', '4s', '5s']) {
    const from = gateway.lines().length;
    const text = readFileSync(gateway.file, 'utf8').replace(/drain: \ds/, `drain: ${drain}`);
    writeFileSync(`${gateway.file}.new`, text);
    renameSync(`${gateway.file}.new`, gateway.file);
    gateway.signal('SIGHUP');
    t.match(await gateway.lineWhere(({ msg }) => /was reloaded|old/.test(msg), from), { needsRestart: undefined });
    await load.further(ANSWERS);
  }
  const { 'messages on WebSockets': onSockets = 0, ...others } = lost();
  t.strictSame(Object.values(others).filter(Boolean), [], 'nothing is lost');
  t.ok(onSockets <= load.cut(), 'but what is on WebSockets that do not end in time');
  t.comment(`after three changes of all workers: ${JSON.stringify(load.tallies)}`);

  const before = lost();
  const [victim = 0] = gateway.pids().slice(-2);
  process.kill(victim, 'SIGKILL');
  await gateway.lineWhere(({ msg, pid }) => msg.startsWith('a worker was lost') && pid === victim);
  await load.further(ANSWERS);
  await until(async () => (await gateway.metric('portcullis_workers')) === 2);
  await load.further(ANSWERS);
  await load.stop();
  t.comment(`after one was killed: ${JSON.stringify(load.tallies)}`);
  // Each client has one connection at a time, with one request on it.
  for (const [kind, count] of Object.entries(lost())) t.ok(count - (before[kind] ?? 0) <= 2, kind);
});

t.test('on sockets of systemd, which outlive a restart of them all', async (t) => {
  const upstream = await startEchoUpstream(t);
  const config = writeConfiguration(makeFolder(t), pki, {
    upstreamPort: upstream.port,
    yaml: `workers: 2
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]
`,
  });
  const manager = await startServiceManager(t, config);
  const isReady = ({ lines }: StartedService) => lines().some((line) => 'msg' in line && line.msg === 'listening');
  const first = await manager.start('first');
  await until(() => isReady(first));
  for (let count = 0; count < 4; count++) t.equal((await send(t, { port: manager.port, certificate })).status, 200);
  process.kill(first.pid, 'SIGTERM');
  await until(() => first.code() !== undefined);
  t.equal(first.code(), 0);
  const waiting = send(t, { port: manager.port, certificate });
  const second = await manager.start('second');
  t.equal((await waiting).status, 200, 'who came in between has waited');
  await until(() => isReady(second));
});
