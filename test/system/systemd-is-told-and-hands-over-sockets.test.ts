// As a service of systemd: it hears when the gateway is ready, reloads and stops, and its sockets outlive a restart.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { send } from '../kit/client.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { checkNoStart, inCheckout, runProcess } from '../kit/process.ts';
import { startServiceManager } from '../kit/service-manager.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const SITES = `
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
`;

async function configure(t: Test, listeners = 1): Promise<string> {
  const upstream = await startUpstream(t);
  const options = { upstreamPort: upstream.port, yaml: SITES, listeners, watch: true };
  return writeConfiguration(makeFolder(t), makePki(), options);
}

t.test('it is told what happens', async (t) => {
  const config = await configure(t);
  const manager = await startServiceManager(t, config);
  const gateway = await manager.start('one', { WATCHDOG_USEC: '2000000', WATCHDOG_PID: '1' });
  await until(() => manager.told().includes('READY=1 | STATUS=requests are served'));
  t.equal((await send(t, { port: manager.port })).status, 200, 'on the socket that was handed over');
  await until(() => manager.told().includes('WATCHDOG=1'));

  const sound = readFileSync(config, 'utf8');
  const before = manager.told().length;
  writeFileSync(config, sound.replace('accept', 'perhaps'));
  const isReady = (text: string) => text.startsWith('READY=1');
  await until(() => manager.told().slice(before).some(isReady));
  const [reloading, ready] = manager
    .told()
    .slice(before)
    .filter((text) => text !== 'WATCHDOG=1');
  t.match(reloading, /^RELOADING=1 \| MONOTONIC_USEC=\d{6,}$/);
  t.equal(ready, 'READY=1 | STATUS=requests are served; the last reload failed, the state before it is in force');

  process.kill(gateway.pid, 'SIGTERM');
  await until(() => gateway.code() !== undefined);
  t.equal(gateway.code(), 0);
  const last = manager
    .told()
    .filter((text) => text !== 'WATCHDOG=1')
    .at(-1);
  t.match(last, /^STOPPING=1 \|/, 'and nothing else behind it');
});

t.test('a restart drops nothing', async (t) => {
  const config = await configure(t);
  const manager = await startServiceManager(t, config);
  const { port } = manager;
  const readyTimes = () => manager.told().filter((text) => text.startsWith('READY=1')).length;
  const old = await manager.start('old');
  await until(() => readyTimes() === 1);

  let isOver = false;
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const clients = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      await send(t, { port, headers: { connection: 'close' } }).then(
        ({ status }) => count(String(status)),
        (error: NodeJS.ErrnoException) => count(error.code ?? error.message),
      );
    }
  });
  const answered = () => counts.get('200') ?? 0;
  await until(() => answered() > 10);
  const next = await manager.start('next');
  await until(() => readyTimes() === 2);
  process.kill(old.pid, 'SIGTERM');
  await until(() => old.code() !== undefined);
  t.equal(old.code(), 0);
  const before = answered();
  await until(() => answered() > before + 10);
  isOver = true;
  await Promise.all(clients);
  t.strictSame([...counts.keys()], ['200'], `none of ${answered()} requests was lost`);
  for (const each of [old, next]) t.ok(each.lines().some(({ msg }) => msg === 'request'));
});

t.test('connections wait while nobody takes them', async (t) => {
  const config = await configure(t);
  const manager = await startServiceManager(t, config);
  const { port } = manager;
  const old = await manager.start('old');
  t.equal((await send(t, { port })).status, 200);
  process.kill(old.pid, 'SIGTERM');
  await until(() => old.code() !== undefined);
  const waiting = send(t, { port });
  await manager.start('next');
  t.equal((await waiting).status, 200);
});

t.test('sockets that do not fit stop the start', async (t) => {
  const two = await configure(t, 2);
  const manager = await startServiceManager(t, two);
  const gateway = await manager.start('one');
  await until(() => gateway.code() !== undefined);
  t.equal(gateway.code(), 1);
  t.match(gateway.output(), [/^portcullis: 1 sockets were handed over, and the configuration has 2 listeners/]);

  const other = await configure(t);
  writeFileSync(other, readFileSync(other, 'utf8').replace('127.0.0.1:0', '127.0.0.2:0'));
  const another = await startServiceManager(t, other);
  const refused = await another.start('one');
  await until(() => refused.code() !== undefined);
  t.equal(refused.code(), 1);
  t.match(refused.output(), [/^portcullis: the socket that was handed over \(3\) is 127\.0\.0\.1:\d+, and the conf/]);
});

t.test('variables for another process change nothing', async (t) => {
  const config = await configure(t);
  const env = { LISTEN_FDS: 'none', LISTEN_PID: '1' };
  const manager = await startServiceManager(t, config);
  t.equal((await runProcess(t, ['check', '-c', config], { env })).code, 0);
  const gateway = await manager.start('one', { LISTEN_FDS: 'none' });
  await until(() => gateway.code() !== undefined);
  const [stdout = ''] = gateway.output();
  checkNoStart(
    t,
    { code: gateway.code() ?? null, signal: null, stdout: '', stderr: `${stdout}\n` },
    /LISTEN_FDS is none/,
  );
});

t.test('the units of the example are sound', async (t) => {
  const folder = makeFolder(t);
  const units = ['portcullis.service', 'portcullis.socket'].map((name) => {
    const text = readFileSync(inCheckout(`examples/systemd/${name}`), 'utf8');
    const file = join(folder, name);
    // What must be there is looked for, and Node is elsewhere on this machine.
    writeFileSync(file, text.replace('/usr/local/bin/node', process.execPath));
    return file;
  });
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
  const about = stderr.split('\n').filter((line) => line.includes('portcullis'));
  t.strictSame(about, []);
  t.equal(status, 0, stderr);
});
