// From `pki revoke` and `pki crl` to a refusal, under `mode: hard`; and what can and cannot be revoked.

import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readCrls } from '../../src/x509/files.ts';
import { makeFolder } from '../kit/gateway.ts';
import { runHere, startProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

async function makeAuthority(t: Test): Promise<string> {
  const cwd = makeFolder(t);
  for (const args of [['init'], ['server', 'localhost'], ['client', 'alice'], ['client', 'bob'], ['crl']]) {
    t.match(await runHere(t, ['pki', ...args, '--dir', join(cwd, 'ca')]), { code: 0 }, args.join(' '));
  }
  return cwd;
}

const inAuthority = (t: Test, cwd: string, ...args: string[]) => runHere(t, ['pki', ...args, '--dir', join(cwd, 'ca')]);

function listIn(cwd: string, file: string) {
  const { crls } = readCrls(readFileSync(join(cwd, 'ca', file)));
  return crls.map(({ facts }) => facts);
}

t.test('a gateway', async (t) => {
  const cwd = await makeAuthority(t);
  const upstream = await startUpstream(t);
  writeFileSync(
    join(cwd, 'portcullis.yaml'),
    `version: 1
listeners: [{ address: 127.0.0.1:0 }]
certificates: [{ cert: ca/localhost.pem, key: ca/localhost.key }]
trust: { own: { anchors: [ca/ca.pem], revocation: { mode: hard, crl: [ca/ca.crl] } } }
upstreams: { app: { url: "http://127.0.0.1:${upstream.port}" } }
sites: [{ hosts: [localhost], trust: own, upstream: app, clientCertificate: require }]
`,
  );
  const gateway = startProcess(t, ['run', '-c', 'portcullis.yaml'], { cwd });
  const { port } = await gateway.lineWhere(({ msg }) => msg === 'listening');
  const read = (file: string) => readFileSync(join(cwd, 'ca', file));
  const ask = (name: string) =>
    new Promise<string>((resolve, reject) => {
      const tls = { ca: read('ca.pem'), cert: read(`${name}.pem`), key: read(`${name}.key`), agent: false };
      const request = httpsRequest({
        port: Number(port),
        servername: 'localhost',
        headers: { host: 'localhost' },
        ...tls,
      });
      request.on('error', reject);
      request.on('response', (response) => {
        response.setEncoding('utf8').on('data', (text: string) => resolve(`${response.statusCode} ${text}`));
      });
      request.end();
    });
  t.match(await ask('alice'), /^200 /);
  t.match(await inAuthority(t, cwd, 'revoke', join(cwd, 'ca/alice.pem'), '--reason', 'keyCompromise'), { code: 0 });
  t.match(await inAuthority(t, cwd, 'crl'), { code: 0, stderr: '' });
  gateway.signal('SIGHUP');
  await gateway.lineWhere(({ msg }) => msg === 'the configuration was reloaded');
  t.match(await ask('alice'), /^403 .*"code":"certificate-revoked"/s);
  t.match(await ask('bob'), /^200 /);
});

t.test('lists', async (t) => {
  const cwd = await makeAuthority(t);
  const serialOf = (name: string) =>
    execFileSync('openssl', ['x509', '-in', join(cwd, `ca/${name}.pem`), '-noout', '-serial'], { encoding: 'utf8' })
      .trim()
      .replace('serial=', '');
  t.match(listIn(cwd, 'ca.crl'), [{ crlNumber: 1n }, { crlNumber: 1n }]);
  const pasted = serialOf('bob').toLowerCase().match(/../g)?.join(':') ?? '';
  t.match(await inAuthority(t, cwd, 'revoke', pasted), { code: 0 });
  t.equal(listIn(cwd, 'issuing.crl')[0]?.entries.size, 0, 'not yet');
  t.match(await inAuthority(t, cwd, 'revoke', join(cwd, 'ca/issuing.pem'), '--reason', 'cACompromise'), { code: 0 });
  t.match(await inAuthority(t, cwd, 'crl', '--days', '30'), { code: 0 });
  const [issuing] = listIn(cwd, 'issuing.crl');
  t.strictSame([...(issuing?.entries.serials() ?? [])], [serialOf('bob')]);
  t.equal(issuing?.entries.get(serialOf('bob'))?.reason, undefined);
  const [root] = listIn(cwd, 'root.crl');
  t.equal(root?.entries.get(serialOf('issuing'))?.reason, 'cACompromise');
  t.match([issuing?.crlNumber, root?.crlNumber], [2n, 2n]);
  t.strictSame(
    readFileSync(join(cwd, 'ca/ca.crl'), 'utf8'),
    readFileSync(join(cwd, 'ca/issuing.crl'), 'utf8') + readFileSync(join(cwd, 'ca/root.crl'), 'utf8'),
  );
  const checked = (name: string) =>
    execFileSync(
      'openssl',
      ['verify', '-CAfile', 'ca/ca.pem', '-crl_check', '-CRLfile', 'ca/ca.crl', `ca/${name}.pem`],
      { cwd, encoding: 'utf8', stdio: 'pipe' },
    );
  t.equal(checked('alice'), 'ca/alice.pem: OK\n');
  t.throws(() => checked('bob'), /certificate revoked/);
});

t.test('the key of the root may be elsewhere', async (t) => {
  const cwd = await makeAuthority(t);
  const before = readFileSync(join(cwd, 'ca/root.crl'), 'utf8');
  renameSync(join(cwd, 'ca/root.key'), join(cwd, 'root.key'));
  t.match(await inAuthority(t, cwd, 'crl'), { code: 0, stderr: /root\.crl stays as it is/ });
  t.equal(readFileSync(join(cwd, 'ca/root.crl'), 'utf8'), before);
  t.match(listIn(cwd, 'ca.crl'), [{ crlNumber: 2n }, { crlNumber: 1n }]);
  renameSync(join(cwd, 'ca/root.crl'), join(cwd, 'root.crl'));
  t.match(await inAuthority(t, cwd, 'crl'), { code: 1, stderr: /root\.key/ });
});

t.test('what is not revoked', async (t) => {
  const cwd = await makeAuthority(t);
  const other = await makeAuthority(t);
  const file = join(cwd, 'ca/alice.pem');
  t.match(await inAuthority(t, cwd, 'revoke', file), { code: 0 });
  const index = () => readFileSync(join(cwd, 'ca/index.jsonl'), 'utf8');
  const before = index();
  const cases: [string, number, RegExp][] = [
    [file, 1, /was revoked before/],
    [join(other, 'ca/alice.pem'), 1, /was not issued by the authority/],
    [join(cwd, 'ca/alice.key'), 1, /holds no certificate/],
    ['0A0B', 1, /no certificate with the serial number 0A0B was issued here/],
    ['nonsense', 1, /neither a file nor a serial number/],
  ];
  for (const [target, code, stderr] of cases) t.match(await inAuthority(t, cwd, 'revoke', target), { code, stderr });
  t.match(await inAuthority(t, cwd, 'revoke', join(cwd, 'ca/bob.pem'), '--reason', 'boredom'), { code: 2 });
  t.equal(index(), before);
  t.match(await runHere(t, ['pki', 'revoke', '0A', '--dir', join(cwd, 'none')]), { code: 1, stderr: /pki init/ });
});
