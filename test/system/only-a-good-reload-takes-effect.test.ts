// SIGHUP: a good configuration takes over, a bad one changes nothing, and either can be seen from outside.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { checkRefusal, open, readUntil, send } from '../kit/client.ts';
import { type GatewayProcess, startGatewayProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const site = (mode: string) => `
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: ${mode} }
`;

async function start(t: Test, mode = 'accept'): Promise<GatewayProcess> {
  const upstream = await startUpstream(t);
  return startGatewayProcess(t, { upstreamPort: upstream.port, yaml: site(mode) });
}

/** Sends SIGHUP, and gives the line that says how it went. */
async function reload(gateway: GatewayProcess) {
  const from = gateway.lines().length;
  gateway.signal('SIGHUP');
  return gateway.lineWhere(({ msg }) => /was reloaded|old one stays/.test(msg), from);
}

const edit = ({ file }: GatewayProcess, from: string, to: string) => {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`no ${from} in the configuration`);
  // In one step: a reload that is under way reads either text, and never half of one.
  replace(file, Buffer.from(text.replace(from, to)));
};

const FAILED = 'portcullis_reloads_total{outcome="failed"}';
const OLD_IN_FORCE = 'portcullis_reload_failed';
const DONE = 'portcullis_reloads_total{outcome="done"}';

t.test('a good one', async (t) => {
  const gateway = await start(t);
  const { port } = gateway;
  const client = await open(t, { port });
  client.write('GET /old HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await readUntil(client, (text) => text.endsWith('answered /old'));

  edit(gateway, 'accept', 'require');
  t.match(await reload(gateway), { level: 'info', msg: 'the configuration was reloaded' });
  checkRefusal(t, await send(t, { port }), 'certificate-required');
  client.write('GET /old HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.match(await readUntil(client, (text) => text.endsWith('}\n')), /^HTTP\/1\.1 403 /, 'an old connection too');
  t.equal(await gateway.metric(DONE), 1);
  t.equal(await gateway.metric(FAILED), 0);
  t.equal(await gateway.metric(OLD_IN_FORCE), 0);
  t.match((await gateway.probe('/readyz')).text, 'last reload: done');
});

t.test('what only a restart can change is named', async (t) => {
  const gateway = await start(t);
  const line = await reload(gateway);
  t.equal(line.needsRestart, undefined);
  edit(gateway, 'limits: {', 'limits: { headers: 50,');
  edit(gateway, 'sites:', 'timeouts: { drain: 1s }\nsites:');
  t.strictSame((await reload(gateway)).needsRestart, ['limits', 'timeouts']);
});

t.test('a bad one changes nothing', async (t) => {
  const gateway = await start(t);
  const { port, folder, file, pki } = gateway;
  const path = (name: string) => join(folder, name);
  const cut = (name: string) => writeFileSync(path(name), readFileSync(path(name), 'utf8').slice(0, -100));
  const stranger = pki.foreign.server();
  const defects: readonly [string, () => void, RegExp][] = [
    ['YAML that is none', () => writeFileSync(file, 'sites: [\n'), /./],
    ['a key that nobody knows', () => edit(gateway, 'sites:', 'colour: blue\nsites:'), /colour/],
    ['no configuration at all', () => rmSync(file), /does not exist/],
    ['an empty one', () => writeFileSync(file, ''), /empty/],
    ['a missing trust anchor', () => rmSync(path('ca.pem')), /does not exist/],
    ['half a trust anchor', () => cut('ca.pem'), /./],
    ['half a certificate', () => cut('server.pem'), /./],
    ['a missing key', () => rmSync(path('server.key')), /does not exist/],
    ['the key of another certificate', () => writeFileSync(path('server.key'), stranger.keyPem), /match|belong/],
    ['a key that everyone may read', () => openToAll(path('server.key')), /read/],
    ['an upstream that is not there', () => edit(gateway, 'upstream: app', 'upstream: other'), /other/],
  ];
  const names = ['portcullis.yaml', 'server.pem', 'server.key', 'ca.pem'];
  const sound = new Map(names.map((name) => [name, readFileSync(path(name))]));
  const before = pki.issuing.client({ cn: 'alice' });

  for (const [index, [name, breakIt, message]] of defects.entries()) {
    // A good reload of the other mode shows that it is this defect that stops the next one.
    edit(gateway, 'accept', 'require');
    breakIt();
    const line = await reload(gateway);
    t.equal(line.level, 'error', name);
    const [problem] = line.problems as { severity: string; message: string; remedy: string }[];
    t.match(problem, { severity: 'error', message, remedy: /./ }, name);
    t.equal((await send(t, { port })).status, 200, `${name}: the old rule is in force`);
    t.equal((await send(t, { port, certificate: before })).status, 200, `${name}: so is the old trust`);
    t.equal(await gateway.metric(FAILED), index + 1, `${name}: counted`);
    const readiness = await gateway.probe('/readyz');
    t.equal(readiness.status, 200, `${name}: still ready`);
    t.match(readiness.text, 'last reload: failed', name);
    for (const [file, bytes] of sound) replace(path(file), bytes);
  }

  t.match(await reload(gateway), { level: 'info' }, 'a good one is taken again');
  t.match((await gateway.probe('/readyz')).text, 'last reload: done');
  t.equal(await gateway.metric(DONE), 1);
  gateway.signal('SIGTERM');
  t.match(await gateway.ended, { code: 0, stderr: '' });
});

t.test('signals in quick succession are all obeyed, one after another', async (t) => {
  const gateway = await start(t, 'require');
  const { port } = gateway;
  checkRefusal(t, await send(t, { port }), 'certificate-required');
  for (const _ of Array(5).keys()) gateway.signal('SIGHUP');
  edit(gateway, 'require', 'accept');
  gateway.signal('SIGHUP');
  let answer = await send(t, { port });
  while (answer.status === 403) answer = await send(t, { port });
  t.equal(answer.status, 200);
  t.equal(await gateway.metric(FAILED), 0);
});

function openToAll(file: string): void {
  replace(file, readFileSync(file), 0o644);
}

function replace(file: string, bytes: Uint8Array, mode = 0o600): void {
  writeFileSync(`${file}.new`, bytes, { mode });
  renameSync(`${file}.new`, file);
}
