// A reload reaches every worker or none, a worker that begins later has what is in force, and what a process is started with
// changes by others in its place.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { send } from '../kit/client.ts';
import { makePki } from '../kit/gateway.ts';
import { checkNoStart, runProcess } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';
import { type CrewProcess, isAlive, keepConnections, startCrewProcess } from '../kit/workers.ts';

const pki = makePki();
const site = (mode: string) =>
  `sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: ${mode} }]\n`;

function edit({ file }: CrewProcess, from: RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!from.test(text)) throw new Error(`no ${from} in the configuration`);
  writeFileSync(`${file}.new`, text.replace(from, to));
  renameSync(`${file}.new`, file);
}

async function reload(gateway: CrewProcess) {
  const from = gateway.lines().length;
  gateway.signal('SIGHUP');
  return gateway.lineWhere(({ msg }) => /was reloaded|old one stays|the old stays/.test(msg), from);
}

t.test('a reload counts in all or in none', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startCrewProcess(t, { pki, upstreamPort: upstream.port, yaml: site('accept') });
  const kept = await keepConnections(t, 4, { port: gateway.port });
  const statuses = () => Promise.all(kept.map((connection) => connection.ask()));
  t.strictSame(await statuses(), [200, 200, 200, 200]);
  edit(gateway, /accept/, 'require');
  t.match(await reload(gateway), { level: 'info' });
  t.strictSame(await statuses(), [403, 403, 403, 403], 'also on connections that are open');
  t.equal(await gateway.metric('portcullis_reloads_total{outcome="done"}'), 1);
  edit(gateway, /require/, 'sometimes');
  t.match(await reload(gateway), { level: 'error' });
  t.strictSame(await statuses(), [403, 403, 403, 403]);
  edit(gateway, /sometimes/, 'accept');
  writeFileSync(join(gateway.folder, 'server.key'), 'no key');
  t.match(await reload(gateway), { level: 'error' });
  t.strictSame(await statuses(), [403, 403, 403, 403]);

  process.kill(gateway.pids()[0] ?? 0, 'SIGKILL');
  await until(async () => (await gateway.metric('portcullis_workers_lost_total')) === 1);
  await until(async () => (await gateway.metric('portcullis_workers')) === 2);
  const fresh = await keepConnections(t, 4, { port: gateway.port });
  for (const connection of fresh) t.equal(await connection.ask(), 403, 'who begins meanwhile has what is in force');
});

t.test('what a worker is started with changes by others that take its place', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startCrewProcess(t, { pki, upstreamPort: upstream.port, yaml: site('accept') });
  const before = gateway.pids();
  const [first] = await keepConnections(t, 1, { port: gateway.port });
  t.equal(await first?.ask(), 200);
  edit(gateway, /workers: 2/, 'workers: 3\ntimeouts: { drain: 5s }');
  const line = await reload(gateway);
  t.equal(line.needsRestart, undefined, 'nothing is left for a restart');
  const now = gateway.pids().filter((pid) => !before.includes(pid));
  t.equal(now.length, 3);
  await until(() => first?.isClosed === true);
  t.equal((await send(t, { port: gateway.port })).status, 200, 'on the same port');
  await until(() => before.every((pid) => !isAlive(pid)));
  t.equal(await gateway.metric('portcullis_workers_lost_total'), 0, 'who was told to end is not lost');
});

t.test('an address that cannot be had ends the start, with one line', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startCrewProcess(t, { pki, upstreamPort: upstream.port, yaml: site('accept') });
  edit(gateway, /127\.0\.0\.1:0/, `127.0.0.1:${gateway.port}`);
  edit(gateway, /admin:[\s\S]*$/, '');
  checkNoStart(
    t,
    await runProcess(t, ['run', '-c', gateway.file]),
    /cannot listen on 127\.0\.0\.1:\d+: the port is in use/,
  );
});
