// `portcullis status` asks the gateway that runs, with a token or without, and says why where nobody answers.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { send, statusOf } from '../kit/client.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { runProcess, startProcess } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const YAML = `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    account: required
directory: { url: "sqlite:clients.db" }
admin: { address: 127.0.0.1:0, tokenFile: admin.tokens }
`;

const upstream = await startUpstream(t);
const folder = makeFolder(t);
const pki = makePki();
const file = writeConfiguration(folder, pki, { upstreamPort: upstream.port, yaml: YAML });
const tokens = join(folder, 'admin.tokens');
const create = (name: string, role: string) =>
  runProcess(t, ['admin', 'token', 'create', '--name', name, '--role', role, '--file', tokens]);

const { stdout } = await create('watch', 'viewer');
const [token = ''] = stdout.split('\n');
const started = startProcess(t, ['run', '-c', file]);
const { port } = await started.lineWhere(({ msg }) => msg === 'listening for the admin API');
const clients = await started.lineWhere(({ msg }) => msg === 'listening');
const admin = ['--admin', `http://127.0.0.1:${port}`];

t.test('tokens are shown once, and kept as hashes', async (t) => {
  t.match(token, /^pcl_[A-Za-z0-9_-]{43}$/);
  t.equal(statSync(tokens).mode & 0o777, 0o600);
  t.notMatch(readFileSync(tokens, 'utf8'), token);
  t.match(readFileSync(tokens, 'utf8'), /^watch viewer [0-9a-f]{64}\n$/);
  t.match(await create('watch', 'operator'), { code: 1, stderr: /called "watch" already/ });
  t.match(await create('ops', 'operator'), { code: 0, stdout: /^pcl_/ });
  t.match(readFileSync(tokens, 'utf8'), /^watch viewer [0-9a-f]{64}\nops operator [0-9a-f]{64}\n$/);
  t.match(await create('a b', 'viewer'), { code: 2 });
  t.match(await create('c', 'root'), { code: 2 });
  const printed = await runProcess(t, ['admin', 'token', 'create', '--name', 'x', '--role', 'viewer']);
  t.match(printed.stdout, /^pcl_.*\nunder admin.tokens of the configuration:\n {2}- \{ name: x, role: viewer, hash: /);
});

t.test('with a token', async (t) => {
  const told = await runProcess(t, ['status', ...admin], { env: { PORTCULLIS_ADMIN_TOKEN: token } });
  t.match(told, { code: 0, stderr: '' });
  t.match(told.stdout, /^state +ready since 20.*\nversion +\d.*\nconfiguration +.*portcullis.yaml, generation 1\n/);
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  const json = await runProcess(t, ['status', ...admin, '--token-file', tokenFile, '--json']);
  t.match(JSON.parse(json.stdout), { state: 'ready', reload: { outcome: 'none' } });
});

t.test('without one', async (t) => {
  const told = await runProcess(t, ['status', ...admin]);
  t.match(told, { code: 0, stdout: /ready; last reload: none yet \(more is told with a token or a certificate\)\n$/ });
  const wrong = await runProcess(t, ['status', ...admin], { env: { PORTCULLIS_ADMIN_TOKEN: 'pcl_wrong' } });
  t.match(wrong, { code: 1, stdout: /A token or a client certificate with a role is required/ });
});

t.test('why the last reload failed', async (t) => {
  const sound = readFileSync(file, 'utf8');
  writeFileSync(file, `${sound}colour: blue\n`);
  started.signal('SIGHUP');
  await started.lineWhere(({ msg }) => msg.endsWith('the old one stays in force'));
  const env = { PORTCULLIS_ADMIN_TOKEN: token };
  const told = await runProcess(t, ['status', ...admin], { env });
  t.equal(told.code, 0, 'it is ready all the same');
  t.match(told.stdout, /^last reload +failed at 20.*\n +\S*portcullis\.yaml:\d+: unknown key "colour"\n/m);
  writeFileSync(file, sound);
  started.signal('SIGHUP');
  await started.lineWhere(({ msg }) => msg === 'the configuration was reloaded');
  const json = JSON.parse((await runProcess(t, ['status', ...admin, '--json'], { env })).stdout);
  t.match(json.reload, { outcome: 'done', problems: [] });
});

t.test('clients add asks for a recent request', async (t) => {
  const alice = pki.issuing.client({ cn: 'alice' });
  const refused = await send(t, { port: Number(clients.port), certificate: alice });
  const { requestId } = JSON.parse(refused.text);
  const add = (id: string, env = { PORTCULLIS_ADMIN_TOKEN: token }) =>
    runProcess(t, ['clients', 'add', 'alice', '--request', id, '-c', file, ...admin], { env });
  const withoutToken = await runProcess(t, ['clients', 'add', 'alice', '--request', requestId, '-c', file, ...admin]);
  t.match(withoutToken, { code: 1, stderr: /needs --log, or a token/ });
  t.match(await add('none'), { code: 1, stderr: /not among the last ones/ });
  t.match(await add(requestId, { PORTCULLIS_ADMIN_TOKEN: 'pcl_wrong' }), { code: 1, stderr: /A token or/ });
  t.match(await add(requestId), { code: 0, stdout: /account alice added\ncertificate .* added: fingerprint / });
  await until(async () => (await statusOf(t, { port: Number(clients.port), certificate: alice })) === 200);
});

t.test('where nobody answers', async (t) => {
  started.signal('SIGTERM');
  await started.ended;
  const told = await runProcess(t, ['status', ...admin]);
  t.match(told, { code: 1, stdout: '', stderr: /cannot be asked: .*ECONNREFUSED.*Is the gateway running/ });
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^admin:.*$/m, ''));
  t.match(await runProcess(t, ['status', '-c', file]), { code: 1, stderr: /has no admin address: add "admin: \{\}"/ });
  writeFileSync(file, 'version: 2');
  t.match(await runProcess(t, ['status', '-c', file]), { code: 1, stderr: /has errors .*name the address by --admin/ });
  t.match(await runProcess(t, ['status', '--admin', 'nowhere']), { code: 2 });
});
