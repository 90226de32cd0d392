// portcullis pki: a small authority whose certificates OpenSSL and a running gateway accept, and whose files are safe.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { makeFolder } from '../kit/gateway.ts';
import { runHere, runProcess, startProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const openssl = (cwd: string, ...args: string[]) =>
  execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: 'pipe' });

async function pki(t: Test, cwd: string, ...args: string[]) {
  const ended = await runProcess(t, ['pki', ...args], { cwd });
  t.match(ended, { code: 0, stderr: '' }, args.join(' '));
  return ended.stdout;
}

/** An authority with a server and a client. */
async function makeAuthority(t: Test): Promise<string> {
  const cwd = makeFolder(t);
  await pki(t, cwd, 'init', '--name', 'Acme');
  await pki(t, cwd, 'server', 'localhost', '127.0.0.1', '::1', '*.app.example');
  await pki(t, cwd, 'client', 'alice', '--email', 'alice@corp.example', '--upn', 'alice@corp.example');
  return cwd;
}

t.test('files of an authority, and what OpenSSL says of them', async (t) => {
  const cwd = await makeAuthority(t);
  const files = readdirSync(join(cwd, 'ca')).sort();
  const expected = ['alice', 'issuing', 'localhost', 'root'].flatMap((name) => [`${name}.key`, `${name}.pem`]);
  t.strictSame(files, [...expected, 'ca.pem', 'index.jsonl', 'lock'].sort());
  for (const file of files.filter((name) => name.endsWith('.key'))) {
    t.equal(statSync(join(cwd, 'ca', file)).mode & 0o777, 0o600, file);
  }

  const verify = (purpose: string, file: string, ...more: string[]) =>
    openssl(cwd, 'verify', '-x509_strict', '-CAfile', 'ca/ca.pem', '-purpose', purpose, ...more, `ca/${file}.pem`);
  t.equal(verify('sslclient', 'alice'), 'ca/alice.pem: OK\n');
  for (const name of ['localhost', 'deep.app.example']) {
    t.equal(verify('sslserver', 'localhost', '-verify_hostname', name), 'ca/localhost.pem: OK\n', name);
  }
  for (const address of ['127.0.0.1', '::1']) {
    t.equal(verify('sslserver', 'localhost', '-verify_ip', address), 'ca/localhost.pem: OK\n', address);
  }
  t.throws(() => verify('sslserver', 'alice'), /unsuitable|purpose/, 'a client is no server');
  t.throws(() => verify('sslclient', 'localhost'), /unsuitable|purpose/, 'a server is no client');
  t.match(openssl(cwd, 'x509', '-in', 'ca/alice.pem', '-noout', '-text'), 'email:alice@corp.example');

  await pki(t, cwd, 'client', 'carol', '--key', 'rsa', '--days', '10');
  t.equal(verify('sslclient', 'carol'), 'ca/carol.pem: OK\n');
  t.match(openssl(cwd, 'x509', '-in', 'ca/carol.pem', '-noout', '-text'), /rsaEncryption/);
  t.equal(
    openssl(cwd, 'x509', '-in', 'ca/carol.pem', '-noout', '-checkend', String(9 * 86_400)),
    'Certificate will not expire\n',
  );
});

t.test('nothing is ever overwritten, and no key is left without its certificate', async (t) => {
  const cwd = await makeAuthority(t);
  const content = () => readdirSync(join(cwd, 'ca')).map((file) => [file, readFileSync(join(cwd, 'ca', file), 'utf8')]);
  // The key of a root is best kept elsewhere.
  for (const file of ['root.key', 'alice.key']) rmSync(join(cwd, 'ca', file));
  const before = content();
  for (const args of [['init'], ['client', 'alice'], ['client', 'root'], ['server', 'localhost'], ['client', 'ca']]) {
    const { code, stderr } = await runHere(t, ['pki', ...args, '--dir', join(cwd, 'ca')]);
    t.equal(code, 1, args.join(' '));
    t.match(stderr, /^portcullis: \S+ is there already[^\n]*\n$/);
  }
  t.strictSame(content(), before);
});

t.test('wrong names', async (t) => {
  const cwd = makeFolder(t);
  await pki(t, cwd, 'init');
  const before = readdirSync(join(cwd, 'ca'));
  const wrong = [
    ['client', ''],
    ['client', 'a\tb'],
    ['client', 'a'.repeat(65)],
    ['client', 'alice', '--email', 'ä@corp.example'],
    ['client', 'alice', '--uri', 'no uri'],
    ['client', 'alice', '--dns', '-.-..'],
    ['client', 'alice', '--upn', 'alice'],
    ['client', 'alice', '--days', '0'],
    ['client', 'alice', '--days', '99999999'],
    ['client', 'alice', '--key', 'dsa'],
    ['client', 'alice', 'bob'],
    ['server'],
    ['server', '999.1.1.1:80'],
    ['server', 'a b'],
    ['server', 'localhost', '1:2'],
    ['init', '--name', ''],
  ];
  for (const args of wrong) {
    const { code, stderr } = await runHere(t, ['pki', ...args, '--dir', join(cwd, 'ca')]);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, /^error: [^\n]*\n$/);
  }
  t.strictSame(readdirSync(join(cwd, 'ca')), before);
  const elsewhere = await runHere(t, ['pki', 'client', 'alice', '--dir', 'none']);
  t.match(elsewhere, { code: 1, stderr: /^portcullis: no certificate authority in none.*pki init --dir none\n$/ });
});

t.test('a gateway takes them', async (t) => {
  const cwd = await makeAuthority(t);
  const upstream = await startUpstream(t);
  writeFileSync(
    join(cwd, 'portcullis.yaml'),
    `version: 1
listeners: [{ address: 127.0.0.1:0 }]
certificates: [{ cert: ca/localhost.pem, key: ca/localhost.key }]
trust: { acme: { anchors: [ca/ca.pem], revocation: { mode: "off" } } }
upstreams: { app: { url: "http://127.0.0.1:${upstream.port}" } }
sites: [{ hosts: [localhost], trust: acme, upstream: app, clientCertificate: require }]
`,
  );
  const gateway = startProcess(t, ['run', '-c', 'portcullis.yaml'], { cwd });
  const { port } = await gateway.lineWhere(({ msg }) => msg === 'listening');
  const read = (file: string) => readFileSync(join(cwd, 'ca', file));
  const ask = (client: string | undefined) =>
    new Promise<string>((resolve, reject) => {
      const identity = client === undefined ? {} : { cert: read(`${client}.pem`), key: read(`${client}.key`) };
      const socket = connect({ port: Number(port), servername: 'localhost', ca: read('ca.pem'), ...identity });
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    });
  t.match(await ask('alice'), /^HTTP\/1\.1 200 /);
  t.match(await ask(undefined), /^HTTP\/1\.1 403 .*certificate-required/s);
  t.match(await ask('localhost'), /^HTTP\/1\.1 403 .*certificate-usage/s, 'a server is no client');
});

t.test('inspect', async (t) => {
  const cwd = await makeAuthority(t);
  openssl(cwd, 'x509', '-in', 'ca/alice.pem', '-outform', 'DER', '-out', 'alice.der');
  openssl(cwd, 'crl2pkcs7', '-nocrl', '-certfile', 'ca/alice.pem', '-outform', 'DER', '-out', 'alice.p7b');
  openssl(cwd, 'crl2pkcs7', '-nocrl', '-certfile', 'ca/alice.pem', '-out', 'alice.p7.pem');
  const serial = openssl(cwd, 'x509', '-in', 'ca/alice.pem', '-noout', '-serial').trim().replace('serial=', '');

  const pem = await pki(t, cwd, 'inspect', 'ca/alice.pem');
  const [leaf, issuer, ...more] = pem.split('\n\n');
  t.strictSame(more, []);
  t.match(leaf, /^subject +CN=alice$/m);
  t.match(leaf, /^issuer +CN=Acme Issuing CA$/m);
  t.match(leaf, new RegExp(`^serial +${serial}$`, 'm'));
  t.match(leaf, /^alternative name +UPN:alice@corp\.example$/m);
  t.match(issuer, /^subject +CN=Acme Issuing CA$/m);

  t.equal(await pki(t, cwd, 'inspect', 'alice.der'), `${leaf}\n`, 'DER');
  for (const file of ['alice.p7b', 'alice.p7.pem']) {
    const blocks = (await pki(t, cwd, 'inspect', file)).trimEnd().split('\n\n');
    t.strictSame(new Set(blocks), new Set([leaf, issuer?.trimEnd()]), file);
  }
  const json = JSON.parse(await pki(t, cwd, 'inspect', '--json', 'alice.der'));
  t.match(json, { certificates: [[{ label: 'subject', value: 'CN=alice' }]], problems: [] });

  writeFileSync(join(cwd, 'broken.pem'), readFileSync(join(cwd, 'ca/alice.pem'), 'utf8').replace('\nM', '\nN'));
  for (const file of ['broken.pem', 'ca/alice.key', 'none.pem', 'ca']) {
    const { code, stderr } = await runProcess(t, ['pki', 'inspect', file], { cwd });
    t.equal(code, 1, file);
    t.match(stderr, new RegExp(file));
    t.notMatch(stderr, /\n\s+at /);
  }
});
