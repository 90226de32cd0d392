// portcullis pki csr and sign: requests of any program become certificates with the right names and usages.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readCertificates } from '../../src/x509/files.ts';
import { encodePem } from '../../src/x509/pem.ts';
import { makeFolder } from '../kit/gateway.ts';
import { openssl } from '../kit/openssl.ts';
import { makeKey, PURPOSE } from '../kit/pki.ts';
import { runHere, runProcess } from '../kit/process.ts';
import { writeCertreqRequest, writeTestRequest } from '../kit/requests.ts';

/** A folder with an authority in `ca`. */
async function makeAuthority(t: Test): Promise<string> {
  const cwd = makeFolder(t);
  t.match(await runHere(t, ['pki', 'init', '--dir', join(cwd, 'ca')]), { code: 0 });
  return cwd;
}

const leafOf = (cwd: string, file: string) =>
  readCertificates(readFileSync(join(cwd, 'ca', file))).certificates[0]?.facts;

function verify(cwd: string, purpose: string, file: string): string {
  return openssl(cwd, 'verify', '-x509_strict', '-CAfile', 'ca/ca.pem', '-purpose', purpose, `ca/${file}`);
}

t.test('requests of pki csr', async (t) => {
  const cwd = await makeAuthority(t);
  const client = ['alice', '--upn', 'alice@corp.example', '--email', 'alice@corp.example', '--key', 'rsa'];
  t.match(await runProcess(t, ['pki', 'csr', ...client], { cwd }), { code: 0, stderr: '' });
  t.match(await runProcess(t, ['pki', 'csr', 'app.example', '--server', '--dns', 'www.app.example'], { cwd }), {
    code: 0,
  });
  for (const name of ['alice', 'app.example']) {
    openssl(cwd, 'req', '-verify', '-in', `${name}.csr`, '-noout');
    t.equal(statSync(join(cwd, `${name}.key`)).mode & 0o777, 0o600);
    for (const extension of ['inf', 'cnf']) t.ok(existsSync(join(cwd, `${name}.${extension}`)));
    openssl(cwd, 'req', '-new', '-config', `${name}.cnf`, '-key', `${name}.key`, '-out', 'again.csr');
    const text = (file: string) => openssl(cwd, 'req', '-in', file, '-noout', '-text').split('Signature Algorithm')[0];
    t.equal(text('again.csr'), text(`${name}.csr`), 'the configuration asks for the same');
  }
  t.match(await runHere(t, ['pki', 'csr', 'alice', '--dir', cwd]), { code: 1, stderr: /alice\.key is there already/ });

  const sign = (...args: string[]) => runProcess(t, ['pki', 'sign', ...args], { cwd });
  const unseen = await sign('alice.csr');
  t.equal(unseen.code, 1);
  t.equal(
    unseen.stdout,
    'subject        CN=alice\nname           email:alice@corp.example\nname           UPN:alice@corp.example\n',
  );
  t.match(unseen.stderr, /^portcullis: alice\.csr is not signed: [^\n]*--allow-names\n$/);
  t.notOk(existsSync(join(cwd, 'ca/alice.pem')));
  t.match(await sign('alice.csr', '--allow-names', '--days', '20'), { code: 0, stderr: '' });
  t.match(await sign('app.example.csr', '--server', '--allow-names'), { code: 0, stderr: '' });
  t.equal(verify(cwd, 'sslclient', 'alice.pem'), 'ca/alice.pem: OK\n');
  t.equal(verify(cwd, 'sslserver', 'app.example.pem'), 'ca/app.example.pem: OK\n');
  t.throws(() => verify(cwd, 'sslserver', 'alice.pem'));
  t.match(await sign('alice.csr', '--allow-names'), { code: 1, stderr: /alice\.pem is there already/ });
  t.equal(readFileSync(join(cwd, 'ca/index.jsonl'), 'utf8').match(/CN=alice/g)?.length, 1, 'and nothing is recorded');
});

t.test('what certreq cannot write', async (t) => {
  const folder = makeFolder(t);
  const { code, stderr } = await runHere(t, ['pki', 'csr', 'a', '--uri', 'https://a/?b&c', '--dir', folder]);
  t.equal(code, 0);
  t.match(stderr, /no \.inf is written/);
  t.strictSame(readdirSync(folder).sort(), ['a.cnf', 'a.csr', 'a.key']);
  t.match(await runHere(t, ['pki', 'csr', 'älice', '--dir', folder]), { code: 0 });
  const inf = readFileSync(join(folder, '_lice.inf'));
  t.equal(inf.readUInt16LE(0), 0xfeff);
  t.match(inf.toString('utf16le'), 'Subject = "CN=älice"');
  t.match(await runHere(t, ['pki', 'csr', 'a b', '--server', '--dir', folder]), {
    code: 2,
    stderr: /neither a DNS name/,
  });
});

t.test('requests of others', async (t) => {
  const cwd = await makeAuthority(t);
  const sign = (...args: string[]) => runProcess(t, ['pki', 'sign', ...args, '--allow-names'], { cwd });
  const san = ['-addext', 'subjectAltName=DNS:a.example,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@corp'];
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'o.key'];
  openssl(cwd, 'req', '-new', ...key, '-subj', '/O=Acme/CN=from OpenSSL', ...san, '-out', 'openssl.csr');
  t.match(await sign('openssl.csr'), { code: 0, stderr: '' });
  openssl(cwd, 'req', '-in', 'openssl.csr', '-outform', 'DER', '-out', 'der.csr');
  t.match(await sign('der.csr'), { code: 0, stderr: '' });
  for (const file of ['openssl.pem', 'der.pem']) {
    t.match(leafOf(cwd, file)?.known.subjectAltNames, [
      { kind: 'dns', value: 'a.example' },
      { kind: 'upn', value: 'a@corp' },
    ]);
  }
  const certreq = writeCertreqRequest({ cn: 'from certreq', san: [{ kind: 'dns', value: 'w.example' }] });
  writeFileSync(join(cwd, 'certreq.req'), encodePem('NEW CERTIFICATE REQUEST', certreq));
  t.match(await sign('certreq.req', '--server'), {
    code: 0,
    stderr: 'portcullis: the request asks for the key usage keyEncipherment, which it does not get\n',
  });
  for (const [file, purpose] of [
    ['openssl.pem', 'sslclient'],
    ['der.pem', 'sslclient'],
    ['certreq.pem', 'sslserver'],
  ] as const) {
    t.equal(verify(cwd, purpose, file), `ca/${file}: OK\n`);
  }
});

t.test('what is not signed', async (t) => {
  const cwd = await makeAuthority(t);
  const sign = (content: string | Uint8Array, ...args: string[]) => {
    writeFileSync(join(cwd, 'a.csr'), content);
    return runHere(t, ['pki', 'sign', join(cwd, 'a.csr'), '--dir', join(cwd, 'ca'), ...args]);
  };
  const pem = (...parts: Uint8Array[]) => parts.map((der) => encodePem('CERTIFICATE REQUEST', der)).join('');
  const good = writeTestRequest();
  const before = readFileSync(join(cwd, 'ca/index.jsonl'), 'utf8');
  const cases: [string | Uint8Array, RegExp][] = [
    [writeTestRequest({ signWith: makeKey('ec') }), /is not signed: its signature is wrong/],
    [writeTestRequest({ key: makeKey('rsa1024') }), /is not signed: RSA key of 1024 bits, expected 2048 to 8192/],
    [writeTestRequest({ signatureHash: 'sha1' }), /is not signed: it is signed with an algorithm that is broken/],
    [writeTestRequest({ cn: 'Portcullis Issuing CA' }), /is not signed: it asks for the name of the authority itself/],
    [pem(good, good), /holds more than one request/],
    [readFileSync(join(cwd, 'ca/root.pem')), /holds no certificate request/],
    [pem(good).replace('\nM', '\nN'), /a\.csr: request: /],
    ['', /neither PEM nor DER/],
  ];
  for (const [content, message] of cases) t.match(await sign(content), { code: 1, stderr: message });
  t.match(await sign(good, '--server', '--client'), { code: 2, stderr: /cannot be used with/ });
  t.equal(readFileSync(join(cwd, 'ca/index.jsonl'), 'utf8'), before);
  const wild = writeTestRequest({ ca: true, eku: [PURPOSE.serverAuth], keyUsage: ['keyCertSign'] });
  const { code, stderr } = await sign(wild);
  t.equal(code, 0);
  for (const thing of ['being a certificate authority', 'the purpose serverAuth', 'the key usage keyCertSign']) {
    t.match(stderr, `portcullis: the request asks for ${thing}, which it does not get\n`);
  }
  t.match(leafOf(cwd, 'a.pem')?.known, {
    basicConstraints: { ca: false },
    extendedKeyUsage: [PURPOSE.clientAuth],
  });
});

t.test('a client of a Windows domain', async (t) => {
  const cwd = await makeAuthority(t);
  const sid = 'S-1-5-21-1004336348-1177238915-682003330-1104';
  const ca = ['--dir', join(cwd, 'ca')];
  t.match(await runHere(t, ['pki', 'client', 'alice', '--sid', sid, ...ca]), { code: 0 });
  const leaf = leafOf(cwd, 'alice.pem');
  t.match(leaf?.known.subjectAltNames, [{ kind: 'uri', value: `tag:microsoft.com,2022-09-14:sid:${sid}` }]);
  const extension = leaf?.extensions.find(({ oid }) => oid === '1.3.6.1.4.1.311.25.2');
  t.equal(extension?.critical, false);
  // SEQUENCE { [0] { OID 1.3.6.1.4.1.311.25.2.1, [0] { OCTET STRING } } }, as [MS-WCCE] 2.2.2.7.7.4 shows it.
  const octets = Buffer.from(sid).toString('hex');
  t.equal(Buffer.from(extension?.value ?? []).toString('hex'), `303fa03d060a2b060104018237190201a02f042d${octets}`);
  for (const wrong of ['S-1-5', 'S-1-5-x', 'S-2-5-21-1', '1104', `S-1-5${'-1'.repeat(16)}`]) {
    t.match(await runHere(t, ['pki', 'client', 'bob', '--sid', wrong, ...ca]), {
      code: 2,
      stderr: /security identifier/,
    });
  }
});
