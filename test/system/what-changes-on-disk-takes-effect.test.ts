// Files that change are read again without being told: atomic renames, links that Kubernetes swaps, files half written.

import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { checkRefusal, open, readUntil, send, statusOf, tlsOptions } from '../kit/client.ts';
import type { GatewayOptions } from '../kit/gateway.ts';
import { type GatewayProcess, type OutputLine, startGatewayProcess } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const site = (mode: string, host = 'localhost') => `
sites:
  - { hosts: [${host}], trust: corporate, upstream: app, clientCertificate: ${mode} }
`;

async function start(t: Test, options: Partial<GatewayOptions> = {}): Promise<GatewayProcess> {
  const upstream = await startUpstream(t);
  return startGatewayProcess(t, { upstreamPort: upstream.port, yaml: site('accept'), watch: true, ...options });
}

/** In one step, as editors and `mv` do. */
function replace(file: string, bytes: string | Uint8Array): void {
  writeFileSync(`${file}.new`, bytes, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function edit({ file }: GatewayProcess, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`no ${from} in the configuration`);
  replace(file, text.replace(from, to));
}

/** Does it, and gives the line of the reload that names this file. */
async function lineAfter(gateway: GatewayProcess, name: string, change: () => void): Promise<OutputLine> {
  const from = gateway.lines().length;
  change();
  return gateway.lineWhere(({ changed }) => (changed as string[] | undefined)?.includes(name) ?? false, from);
}

async function lineAfterSignal(gateway: GatewayProcess): Promise<OutputLine> {
  const from = gateway.lines().length;
  gateway.signal('SIGHUP');
  return gateway.lineWhere(({ msg }) => /was reloaded/.test(msg), from);
}

const DONE = { level: 'info', msg: 'the configuration was reloaded' };
const KEPT = { level: 'error', msg: 'the new configuration is not valid; the old one stays in force' };

t.test('the configuration', async (t) => {
  const gateway = await start(t);
  const { port, file } = gateway;
  const client = await open(t, { port });
  client.write('GET /old HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await readUntil(client, (text) => text.endsWith('answered /old'));
  t.match(await lineAfter(gateway, file, () => edit(gateway, 'accept', 'require')), { ...DONE, changed: [file] });
  checkRefusal(t, await send(t, { port }), 'certificate-required');
  client.write('GET /old HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.match(await readUntil(client, (text) => text.endsWith('}\n')), /^HTTP\/1\.1 403 /, 'an old connection too');
});

t.test('a revocation list', async (t) => {
  const gateway = await start(t, { yaml: site('require'), revocation: '{ mode: hard, crl: [ca.crl] }' });
  const { port, folder, pki } = gateway;
  const [alice, bob] = ['alice', 'bob'].map((cn) => pki.issuing.client({ cn }));
  if (alice === undefined || bob === undefined) return;
  t.equal((await send(t, { port, certificate: alice })).status, 200);
  const path = join(folder, 'ca.crl');
  const lists = pki.root.crl().pem + pki.issuing.crl({ revoked: [alice], number: 99 }).pem;
  t.match(await lineAfter(gateway, path, () => replace(path, lists)), DONE);
  checkRefusal(t, await send(t, { port, certificate: alice }), 'certificate-revoked');
  t.equal((await send(t, { port, certificate: bob })).status, 200);
});

t.test('a bad state is told, the old one stays, and the next change is tried again', async (t) => {
  const gateway = await start(t);
  const { port, folder } = gateway;
  const path = join(folder, 'ca.pem');
  const sound = readFileSync(path);
  const line = await lineAfter(gateway, path, () => replace(path, sound.subarray(0, -100)));
  t.match(line, { ...KEPT, problems: [{ severity: 'error', message: /./ }] });
  t.match((await gateway.probe('/readyz')).text, 'last reload: failed');
  t.equal(await gateway.metric('portcullis_reload_failed'), 1);
  t.equal((await send(t, { port })).status, 200);

  t.match(await lineAfter(gateway, path, () => rmSync(path)), { ...KEPT, problems: [{ message: /does not exist/ }] });
  t.match(await lineAfter(gateway, path, () => replace(path, sound)), DONE);
  t.match((await gateway.probe('/readyz')).text, 'last reload: done');
  t.equal(await gateway.metric('portcullis_reload_failed'), 0);
});

t.test('a file that a bad configuration asks for is waited for', async (t) => {
  const gateway = await start(t);
  const { file, folder } = gateway;
  const later = join(folder, 'later.pem');
  const askForIt = () => edit(gateway, 'anchors: [ca.pem]', 'anchors: [later.pem]');
  t.match(await lineAfter(gateway, file, askForIt), { ...KEPT, problems: [{ message: /later\.pem/ }] });
  t.match(await lineAfter(gateway, later, () => replace(later, readFileSync(join(folder, 'ca.pem')))), DONE);
});

t.test('a file that is being written harms nobody', async (t) => {
  const gateway = await start(t);
  const { port, folder } = gateway;
  const path = join(folder, 'ca.pem');
  const parts = readFileSync(path, 'utf8').match(/[\s\S]{1,200}/g) ?? [];
  const from = gateway.lines().length;
  truncateSync(path);
  // Faster than what is waited for to be quiet, where this machine lets us.
  for (const part of parts) {
    t.equal((await send(t, { port })).status, 200);
    await wait(50);
    appendFileSync(path, part);
  }
  t.match(await gateway.lineWhere(({ msg }) => msg === DONE.msg, from), { ...DONE, changed: [path] });
  t.equal((await send(t, { port, certificate: gateway.pki.issuing.client({ cn: 'alice' }) })).status, 200);
});

t.test('links that Kubernetes swaps', async (t) => {
  const gateway = await start(t);
  const { port, folder, file, pki } = gateway;
  const volume = join(folder, 'volume');
  const names = ['tls.crt', 'tls.key'];
  /** A version of the volume, as the kubelet writes it: a folder of its own, then the link `..data` in one step. */
  const publish = (version: string) => {
    const server = pki.root.server({ san: [{ kind: 'dns', value: 'localhost' }] });
    mkdirSync(join(volume, `..${version}`), { recursive: true });
    writeFileSync(join(volume, `..${version}`, 'tls.crt'), server.chainPem);
    writeFileSync(join(volume, `..${version}`, 'tls.key'), server.keyPem, { mode: 0o600 });
    symlinkSync(`..${version}`, join(volume, '..data_tmp'));
    renameSync(join(volume, '..data_tmp'), join(volume, '..data'));
    return server;
  };
  publish('1');
  for (const name of names) symlinkSync(join('..data', name), join(volume, name));
  const paths = names.map((name) => join(volume, name));
  const moveThere = () => edit(gateway, '{ cert: server.pem, key: server.key', `{ cert: ${paths[0]}, key: ${paths[1]}`);
  t.match(await lineAfter(gateway, file, moveThere), DONE);

  const from = gateway.lines().length;
  const second = publish('2');
  const line = await gateway.lineWhere(({ changed }) => changed !== undefined, from);
  t.match(line, { ...DONE, changed: paths }, 'both at once');
  rmSync(join(volume, '..1'), { recursive: true });
  t.same(await presented(port), Buffer.from(second.der));
});

t.test('a new file of an include, and one less', async (t) => {
  const serverNames = ['localhost', 'other.localhost'];
  const gateway = await start(t, { yaml: `${site('accept')}include: [sites/*.yaml]\n`, serverNames });
  const { port, folder } = gateway;
  const sites = join(folder, 'sites');
  const other = join(sites, 'other.yaml');
  const isServed = async () => (await statusOf(t, { port, servername: 'other.localhost' })) === 200;
  t.equal(await isServed(), false);
  mkdirSync(sites);
  writeFileSync(other, site('accept', 'other.localhost'));
  await until(isServed);
  rmSync(other);
  await until(async () => !(await isServed()));
  t.equal(await gateway.metric('portcullis_reload_failed'), 0);
});

t.test('watch: false', async (t) => {
  const gateway = await start(t, { watch: false });
  edit(gateway, 'accept', 'require');
  const line = await lineAfterSignal(gateway);
  t.match(line, DONE);
  t.equal(line.changed, undefined, 'only when it is told to');
  edit(gateway, 'watch: false', 'watch: true');
  t.match(await lineAfterSignal(gateway), DONE);
  t.match(await lineAfter(gateway, gateway.file, () => edit(gateway, 'require', 'accept')), DONE, 'and back');
});

/** DER of the certificate that a new connection is shown. */
function presented(port: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(tlsOptions({ port }), () => {
      resolve(socket.getPeerCertificate().raw);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
