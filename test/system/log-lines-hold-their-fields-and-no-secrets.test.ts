// The log: one line of JSON for each request, with the fields that the design names; nothing that a client could break
// it with, and no secret in any line.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { send, sendBytes } from '../kit/client.ts';
import { type GatewayProcess, startGatewayProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const VARIABLE = '$' + '{UPSTREAM_SECRET}';

const YAML = `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /admin: { clientCertificate: require, allow: [{ subject: { CN: alice } }] }
      /public: { clientCertificate: ignore }
      /tried: { reportOnly: { clientCertificate: require } }
`;

/** Of every request; `account` comes with the directory. */
const ALWAYS = [
  ...['requestId', 'clientAddress', 'host', 'method', 'path', 'status', 'ms', 'decision'],
  ...['rule', 'tls', 'resumed'],
];
const OF_A_CERTIFICATE = ['subject', 'issuer', 'serial', 'fingerprint', 'verdictFrom', 'revocation'];
/** What pino puts into every line. */
const FRAME = ['level', 'time', 'msg'];

async function start(t: Test, env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const upstream = await startUpstream(t);
  const options = { upstreamPort: upstream.port, yaml: YAML, revocation: '{ mode: hard, crl: [ca.crl] }' };
  return startGatewayProcess(t, options, { env });
}

async function lineOf(gateway: GatewayProcess, path: string) {
  return gateway.lineWhere((line) => line.msg === 'request' && line.path === path);
}

t.test('one line of each request, with these fields', async (t) => {
  const gateway = await start(t);
  const { port, pki } = gateway;
  const alice = pki.issuing.client({ cn: 'alice', serial: '0A1B2C' });
  const bob = pki.issuing.client({ cn: 'bob' });
  await send(t, { port, path: '/admin/1?page=2', certificate: alice });
  await send(t, { port, path: '/admin/2', certificate: bob });
  await send(t, { port, path: '/admin/3' });
  await send(t, { port, path: '/public/4', certificate: alice });
  await send(t, { port, path: '/tried/5' });
  await send(t, { port, path: '/a//6' });

  const fieldsOf = async (path: string) => Object.keys(await lineOf(gateway, path)).sort();
  const allowed = await lineOf(gateway, '/admin/1');
  t.strictSame(await fieldsOf('/admin/1'), [...FRAME, ...ALWAYS, ...OF_A_CERTIFICATE, 'upstreamMs'].sort());
  t.match(allowed, {
    level: 'info',
    time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    requestId: /^[0-9a-f-]{36}$/,
    clientAddress: '127.0.0.1',
    host: 'localhost',
    method: 'GET',
    path: '/admin/1',
    status: 200,
    ms: Number,
    decision: 'allow',
    rule: 'localhost/admin',
    subject: 'CN=alice',
    issuer: 'CN=Test Issuing',
    serial: '0A1B2C',
    fingerprint: alice.facts.fingerprint,
    verdictFrom: 'computed',
    revocation: { status: 'good', source: 'crl', ageSeconds: Number },
    tls: 'TLSv1.3',
    resumed: false,
    upstreamMs: Number,
  });

  t.match(await lineOf(gateway, '/admin/2'), { status: 403, decision: 'deny', code: 'certificate-not-allowed' });
  t.strictSame(
    await fieldsOf('/admin/3'),
    [...FRAME, ...ALWAYS, 'code'].sort(),
    'a refusal has its code, and what was not there has no field',
  );
  t.match(await lineOf(gateway, '/admin/3'), { status: 403, decision: 'deny', code: 'certificate-required' });
  t.strictSame(await fieldsOf('/public/4'), [...FRAME, ...ALWAYS, 'upstreamMs'].sort(), 'no certificate is read');
  t.match(await lineOf(gateway, '/tried/5'), { decision: 'allow', reportOnly: 'certificate-required' });
  t.match(await lineOf(gateway, '/a//6'), { status: 400, decision: 'deny', code: 'path-invalid', check: 'path' });
  t.equal(gateway.lines().filter(({ msg }) => msg === 'request').length, 6);
});

t.test('no client can write lines or control a terminal', async (t) => {
  const gateway = await start(t);
  const { port, pki } = gateway;
  const lie = '\u001b[2J\u0007\u009b\u202e{"level":"info"}\r\nalice, admin';
  const mallory = pki.issuing.client({ subject: [{ type: 'CN', value: lie }] });
  await send(t, { port, path: '/mallory', certificate: mallory });
  const close = 'Connection: close\r\n\r\n';
  // Bytes that Node's parser takes no notice of in a field, and refuses in a path.
  await sendBytes(t, { port, bytes: Buffer.from(`GET /host HTTP/1.1\r\nHost: \u009b2J\r\n${close}`, 'latin1') });
  await sendBytes(t, { port, bytes: Buffer.from(`GET /\u009b2J HTTP/1.1\r\nHost: localhost\r\n${close}`, 'latin1') });
  await sendBytes(t, { port, bytes: `GET /\u001b[2J HTTP/1.1\r\nHost: localhost\r\n${close}` });
  await sendBytes(t, { port, bytes: `GET /${'x'.repeat(5000)}// HTTP/1.1\r\nHost: localhost\r\n${close}` });

  const requests = () => gateway.lines().filter(({ msg }) => msg === 'request');
  await gateway.until(() => requests().length === 5);
  const [first, host, ...others] = requests();
  t.equal(first?.subject, 'CN=\\1B[2J\\07\\C2\\9B\\E2\\80\\AE{\\"level\\":\\"info\\"}\\0D\\0Aalice\\, admin');
  t.match(host, { host: '\\9B2J', path: '/host', status: 400, code: 'request-invalid' });
  const long = others.pop();
  t.match(long, { status: 400, code: 'path-invalid' });
  t.equal(String(long?.path).length, 1024, 'it is cut');
  for (const line of others) {
    t.strictSame(
      Object.keys(line).sort(),
      [...FRAME, 'requestId', 'clientAddress', 'status', 'decision', 'code', 'tls', 'resumed'].sort(),
      'what the parser refuses has its line too, without what it could not read',
    );
    t.match(line, { clientAddress: '127.0.0.1', status: 400, decision: 'deny', code: 'request-invalid' });
  }
  const output = gateway.stdout();
  t.match(output, /^[\x20-\x7e\n]*$/, 'printable ASCII only');
  for (const line of output.trimEnd().split('\n')) t.ok(JSON.parse(line), 'every line is JSON');
});

t.test('no secret is in any line', async (t) => {
  const secret = (name: string) => `planted-${name}-5f3a`;
  const gateway = await start(t, { UPSTREAM_SECRET: secret('variable') });
  const { port, pki, file, folder } = gateway;
  const alice = pki.issuing.client({ cn: 'alice' });
  const headers = {
    Authorization: `Bearer ${secret('authorization')}`,
    'Proxy-Authorization': `Basic ${secret('proxy')}`,
    Cookie: `session=${secret('cookie')}`,
    'X-Api-Key': secret('header'),
    Referer: `https://localhost/?token=${secret('referer')}`,
  };
  const body = `password=${secret('body')}`;
  for (const path of ['/', '/admin', '/a//b', '/public', '/tried']) {
    await send(t, {
      port,
      path: `${path}?token=${secret('query')}`,
      certificate: alice,
      method: 'POST',
      headers,
      body,
    });
    await send(t, { port, path: `${path}?token=${secret('query')}`, headers });
  }
  const raw = `Authorization: ${secret('raw')}\r\nContent-Length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`;
  await sendBytes(t, { port, bytes: `GET /?${secret('raw-query')} HTTP/1.1\r\nHost: localhost\r\n${raw}` });
  await sendBytes(t, { port, bytes: `GET /?${secret('raw-query')} HTTP/1.1\r\nHost : localhost\r\n${raw}` });

  // A reload that fails at a variable and at a key.
  const sound = readFileSync(file, 'utf8');
  const key = readFileSync(join(folder, 'server.key'), 'utf8');
  const breakIt = [
    () => writeFileSync(file, sound.replace('http://127.0.0.1', `${VARIABLE}://127.0.0.1`)),
    () => writeFileSync(file, sound.replace('clientCertificate: accept', `clientCertificate: ${VARIABLE}`)),
    () => writeFileSync(join(folder, 'server.key'), key.replace('\n', '\nAA')),
  ];
  for (const spoil of breakIt) {
    spoil();
    const from = gateway.lines().length;
    gateway.signal('SIGHUP');
    t.match(await gateway.lineWhere(({ msg }) => msg.includes('old one stays'), from), { level: 'error' });
    writeFileSync(file, sound);
  }
  gateway.signal('SIGTERM');
  const { stdout, stderr } = await gateway.ended;
  t.match(stdout, '"msg":"request"');
  t.notMatch(stdout + stderr, /planted-[a-z-]+-5f3a/);
  t.notMatch(stdout + stderr, /-----BEGIN/);
  for (const line of key.split('\n').filter((part) => part.length > 20 && !part.startsWith('---'))) {
    t.notOk((stdout + stderr).includes(line), 'nothing of a key');
  }
});
