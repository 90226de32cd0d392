// Each case breaks one file of a configuration that loads without a word before.

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import t from 'tap';
import type { Problem } from '../../../src/model/problem.ts';
import { type ConfigurationFolder, configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';
import { makeKey, makeRoot } from '../../kit/pki.ts';

const DAY_MS = 86_400_000;
const now = Date.now();

interface Case {
  readonly name: string;
  readonly breakIt: (folder: ConfigurationFolder, path: string) => void;
  readonly severity?: Problem['severity'];
  readonly file: string;
  readonly line?: number;
  readonly path: string;
  readonly message: RegExp;
  readonly remedy?: RegExp;
  /** More problems than the one looked for are fine. */
  readonly more?: boolean;
}

const cert = 'certificates[0].cert';
const key = 'certificates[0].key';
const anchor = 'trust.corporate.anchors[0]';
const crl = 'trust.corporate.revocation.crl[0]';
const other = makeRoot({ name: 'Other Root' });
const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;
const withPassword = '[{ cert: server.pem, key: server.key, passwordFile: password, default: true }]';

const cases: Case[] = [
  {
    name: 'missing certificate',
    breakIt: (_, path) => rmSync(`${path}/server.pem`),
    file: 'portcullis.yaml',
    line: 3,
    path: cert,
    message: /server\.pem: the file does not exist/,
  },
  {
    name: 'folder instead of a file',
    breakIt: (_, path) => {
      rmSync(`${path}/server.key`);
      mkdirSync(`${path}/server.key`);
    },
    file: 'portcullis.yaml',
    line: 3,
    path: key,
    message: /server\.key: this is a folder/,
  },
  {
    name: 'pipe instead of a file',
    breakIt: (_, path) => {
      rmSync(`${path}/ca.crl`);
      execFileSync('mkfifo', [`${path}/ca.crl`]);
    },
    file: 'portcullis.yaml',
    line: 4,
    path: crl,
    message: /cannot be read \(no regular file\)/,
    more: true,
  },
  {
    name: 'link to itself',
    breakIt: (_, path) => {
      rmSync(`${path}/ca.pem`);
      symlinkSync('ca.pem', `${path}/ca.pem`);
    },
    file: 'portcullis.yaml',
    line: 4,
    path: anchor,
    message: /link leads back/,
  },
  {
    name: 'empty certificate file',
    breakIt: (folder) => folder.write('server.pem', ''),
    file: 'server.pem',
    path: cert,
    message: /empty/,
  },
  {
    name: 'half-written certificate',
    breakIt: (folder) => folder.write('server.pem', folder.server.pem.slice(0, 200)),
    file: 'server.pem',
    line: 1,
    path: cert,
    message: /no END/,
  },
  {
    name: 'one broken block of three',
    breakIt: (folder) => folder.write('ca.pem', [folder.root.pem, spoil(other.pem), makeRoot().pem].join('')),
    file: 'ca.pem',
    line: makeRoot().pem.split('\n').length,
    path: anchor,
    message: /base64|certificate/,
  },
  {
    name: 'garbage instead of a certificate',
    breakIt: (folder) => folder.write('server.pem', 'hello'),
    file: 'server.pem',
    path: cert,
    message: /neither PEM nor DER/,
  },
  {
    name: 'certificate file that holds a key',
    breakIt: (folder) => folder.write('server.pem', folder.server.keyPem),
    file: 'server.pem',
    path: cert,
    message: /holds no certificate/,
  },
  {
    name: 'key file that holds a certificate',
    breakIt: (folder) => folder.write('server.key', folder.server.pem),
    file: 'server.key',
    line: 1,
    path: key,
    message: /holds CERTIFICATE and no private key/,
  },
  {
    name: 'garbage instead of a key',
    breakIt: (folder) => folder.write('server.key', 'hello'),
    file: 'server.key',
    path: key,
    message: /no PEM block/,
  },
  {
    name: 'half-written key',
    breakIt: (folder) => folder.write('server.key', folder.server.keyPem.slice(0, 100)),
    file: 'server.key',
    line: 1,
    path: key,
    message: /no END/,
  },
  {
    name: 'key of another certificate',
    breakIt: (folder) => folder.write('server.key', other.keyPem),
    file: 'server.key',
    path: key,
    message: /does not belong to the certificate in server\.pem/,
  },
  {
    name: 'key that everyone may read',
    breakIt: (folder) => folder.write('server.key', folder.server.keyPem, 0o644),
    file: 'server.key',
    path: key,
    message: /readable by everyone/,
    remedy: /chmod 0640 .*server\.key.*defaultMode: 0400/,
  },
  {
    name: 'encrypted key without password',
    breakIt: (folder) => folder.write('server.key', folder.server.key.export(encrypted)),
    file: 'server.key',
    path: key,
    message: /encrypted/,
    remedy: /passwordFile/,
  },
  {
    name: 'encrypted key with a wrong password',
    breakIt: (folder) => {
      folder.write('portcullis.yaml', configurationText({ certificates: withPassword }));
      folder.write('server.key', folder.server.key.export(encrypted));
      folder.write('password', 'wrong-password\n');
    },
    file: 'server.key',
    line: 1,
    path: key,
    message: /password does not open/,
  },
  {
    name: 'expired server certificate',
    breakIt: (folder) => writeServer(folder, { notAfter: now - DAY_MS }),
    file: 'server.pem',
    line: 1,
    path: cert,
    message: /CN=localhost expired at/,
  },
  {
    name: 'server certificate of tomorrow',
    breakIt: (folder) => writeServer(folder, { notBefore: now + DAY_MS, notAfter: now + 90 * DAY_MS }),
    file: 'server.pem',
    line: 1,
    path: cert,
    message: /valid from .* only/,
  },
  {
    name: 'server certificate that ends soon',
    breakIt: (folder) => writeServer(folder, { notAfter: now + 13 * DAY_MS }),
    severity: 'warning',
    file: 'server.pem',
    line: 1,
    path: cert,
    message: /expires at/,
  },
  {
    name: 'chain in wrong order',
    breakIt: (folder) => writeChain(folder, ([leaf, lower, upper]) => [leaf, upper, lower]),
    file: 'server.pem',
    path: cert,
    message: /CN=Upper is not the issuer/,
  },
  {
    name: 'leaf that is not first',
    breakIt: (folder) => writeChain(folder, ([leaf, lower, upper]) => [lower, upper, leaf]),
    file: 'server.pem',
    path: cert,
    message: /belongs to CN=localhost, which is not the first/,
    more: true,
  },
  {
    name: 'server certificate without names',
    breakIt: (folder) => writeServer(folder, { san: [{ kind: 'email', value: 'a@b.example' }] }),
    file: 'server.pem',
    path: cert,
    message: /no subject alternative name/,
    more: true,
  },
  {
    name: 'server key that is too short for TLS',
    breakIt: (folder) => writeServer(folder, { key: generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey }),
    file: 'server.pem',
    path: cert,
    message: /TLS cannot use/,
  },
  {
    name: 'trust store without an anchor',
    breakIt: (folder) => folder.write('ca.pem', folder.root.intermediate().pem),
    file: 'portcullis.yaml',
    line: 4,
    path: 'trust.corporate.anchors',
    message: /no anchor/,
    remedy: /partialChain/,
  },
  {
    name: 'empty folder of anchors',
    breakIt: (_, path) => {
      rmSync(`${path}/ca.pem`);
      mkdirSync(`${path}/ca.pem`);
    },
    file: 'portcullis.yaml',
    line: 4,
    path: anchor,
    message: /folder .*ca\.pem is empty/,
  },
  {
    name: 'expired anchor',
    breakIt: (folder) => folder.write('ca.pem', folder.root.pem + makeRoot({ notAfter: now - DAY_MS }).pem),
    severity: 'warning',
    file: 'portcullis.yaml',
    line: 4,
    path: 'trust.corporate.anchors',
    message: /expired on/,
    more: true,
  },
  {
    name: 'CRL file that holds a certificate',
    breakIt: (folder) => folder.write('ca.crl', folder.root.pem),
    file: 'ca.crl',
    path: crl,
    message: /holds no CRL/,
  },
  {
    name: 'expired CRL in hard mode',
    breakIt: (folder) => folder.write('ca.crl', oldCrl(folder)),
    file: 'ca.crl',
    line: 1,
    path: crl,
    severity: 'warning',
    message: /was due to be replaced .*: certificates of this issuer are refused/,
    remedy: /maxStale/,
  },
  {
    name: 'expired CRL within maxStale',
    breakIt: (folder) => {
      folder.write('ca.crl', oldCrl(folder));
      folder.write('portcullis.yaml', configurationText({ trust: trustText('mode: hard, maxStale: 7d') }));
    },
    severity: 'warning',
    file: 'ca.crl',
    line: 1,
    path: crl,
    message: /was due to be replaced/,
  },
  {
    name: 'expired CRL in soft mode',
    breakIt: (folder) => {
      folder.write('ca.crl', oldCrl(folder));
      folder.write('portcullis.yaml', configurationText({ trust: trustText('mode: soft') }));
    },
    severity: 'warning',
    file: 'ca.crl',
    line: 1,
    path: crl,
    message: /was due to be replaced/,
  },
  {
    name: 'CRL of a stranger',
    breakIt: (folder) => folder.write('ca.crl', folder.root.crl().pem + other.crl().pem),
    severity: 'warning',
    file: 'ca.crl',
    path: crl,
    message: /no certificate of the trust store issued the CRL of CN=Other Root/,
  },
  {
    name: 'CRL under the right name by another key',
    breakIt: (folder) => folder.write('ca.crl', folder.root.crl({ signWith: makeKey('ec') }).pem),
    severity: 'warning',
    file: 'ca.crl',
    line: 1,
    path: crl,
    message: /no certificate of the trust store issued/,
    more: true,
  },
  {
    name: 'authority without CRL in hard mode',
    breakIt: (folder) => folder.write('ca.pem', folder.root.pem + other.pem),
    severity: 'warning',
    file: 'portcullis.yaml',
    line: 4,
    path: 'trust.corporate.revocation.crl',
    message: /no usable CRL of CN=Other Root/,
  },
  {
    name: 'missing refusal page',
    breakIt: (folder) => folder.write('portcullis.yaml', configurationText({ refusal: '{ page: refusal.html }' })),
    file: 'portcullis.yaml',
    line: 7,
    path: 'refusal.page',
    message: /refusal\.html: the file does not exist/,
  },
  {
    name: 'upstream authority that is garbage',
    breakIt: (folder) => writeUpstream(folder, 'ca: garbage.pem'),
    file: 'garbage.pem',
    path: 'upstreams.echo.ca',
    message: /neither PEM nor DER/,
  },
  {
    name: 'upstream key that everyone may read',
    breakIt: (folder) => {
      writeUpstream(folder, 'ca: ca.pem, cert: server.pem, key: open.key');
      folder.write('open.key', folder.server.keyPem, 0o644);
    },
    file: 'open.key',
    path: 'upstreams.echo.key',
    message: /readable by everyone/,
  },
];

/** Base64 that ends too early, between a BEGIN and an END that are there. */
function spoil(pem: string): string {
  const lines = pem.trimEnd().split('\n');
  return `${[lines[0], lines[1], lines.at(-1)].join('\n')}\n`;
}

function writeServer(folder: ConfigurationFolder, options: Parameters<typeof other.server>[0]): void {
  const server = folder.root.server({ notAfter: now + 90 * DAY_MS, ...options });
  folder.write('server.pem', server.pem);
  folder.write('server.key', server.keyPem);
}

function writeChain(folder: ConfigurationFolder, order: (chain: [string, string, string]) => string[]): void {
  const lasting = { notAfter: now + 90 * DAY_MS };
  const upper = folder.root.intermediate({ name: 'Upper', ...lasting });
  const lower = upper.intermediate({ name: 'Lower', ...lasting });
  const leaf = lower.server(lasting);
  folder.write('server.pem', order([leaf.pem, lower.pem, upper.pem]).join(''));
  folder.write('server.key', leaf.keyPem);
}

function writeUpstream(folder: ConfigurationFolder, options: string): void {
  folder.write('garbage.pem', 'hello');
  folder.write(
    'portcullis.yaml',
    configurationText({ upstreams: `{ echo: { url: "https://127.0.0.1:9000", ${options} } }` }),
  );
}

function oldCrl(folder: ConfigurationFolder): string {
  return folder.root.crl({ thisUpdate: now - 3 * DAY_MS, nextUpdate: now - DAY_MS }).pem;
}

function trustText(revocation: string): string {
  return `{ corporate: { anchors: [ca.pem], revocation: { ${revocation}, crl: [ca.crl] } } }`;
}

for (const { name, breakIt, severity = 'error', file, line, path, message, remedy, more } of cases) {
  t.test(name, async (t) => {
    const place = t.testdir({});
    const folder = makeConfigurationFolder(place);
    t.strictSame((await folder.load({ now })).problems, [], 'nothing is wrong before');

    breakIt(folder, place);
    const { configuration, problems } = await folder.load({ now });
    const found = problems.filter((problem) => problem.path === path && message.test(problem.message));
    t.equal(found.length, 1, JSON.stringify(problems));
    if (!more) t.equal(problems.length, 1, `no other problem: ${JSON.stringify(problems)}`);
    t.match(found[0], { severity, file, path });
    if (line !== undefined) t.equal(found[0]?.line, line);
    if (remedy !== undefined) t.match(found[0]?.remedy, remedy);
    t.not(found[0]?.remedy, '');
    if (severity === 'error') t.equal(configuration, undefined);
    t.notMatch(JSON.stringify(problems), /wrong-password|open sesame|PRIVATE KEY-----/, 'no secret is told');
  });
}

t.test('encrypted keys of every usual kind are opened', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({ 'plain.pem': '' }));
  folder.write('portcullis.yaml', configurationText({ certificates: withPassword }));
  folder.write('password', 'open sesame\n');
  folder.write('server.key', folder.server.key.export(encrypted));
  const { configuration, problems } = await folder.load();
  t.strictSame(problems, []);
  t.equal(configuration?.serverCertificates[0]?.keyPem, folder.server.keyPem, 'decrypted PKCS#8');

  // The older way, headers inside the block.
  const traditional = execFileSync('openssl', ['ec', '-aes256', '-passout', 'pass:open sesame'], {
    input: folder.server.keyPem,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  t.match(traditional.toString(), /Proc-Type: 4,ENCRYPTED/);
  folder.write('server.key', traditional);
  t.equal((await folder.load()).configuration?.serverCertificates[0]?.keyPem, folder.server.keyPem);
});

t.test('RSA and Ed25519 keys serve as well', async (t) => {
  for (const kind of ['rsa2048', 'ed25519'] as const) {
    const folder = makeConfigurationFolder(t.testdir({}));
    writeServer(folder, { key: kind });
    t.strictSame((await folder.load()).problems, [], kind);
  }
  const folder = makeConfigurationFolder(t.testdir({}));
  writeServer(folder, { key: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey });
  t.strictSame((await folder.load()).problems, []);
});

t.test('folders of anchors and CRLs are read whole, without what is hidden', async (t) => {
  const place = t.testdir({});
  const folder = makeConfigurationFolder(place);
  const trust = '{ corporate: { anchors: [cas], revocation: { mode: hard, crl: [crls] } } }';
  folder.write('portcullis.yaml', configurationText({ trust }));
  folder.write('cas/a.pem', folder.root.pem);
  folder.write('cas/b.der', other.der);
  folder.write('cas/..data/c.pem', 'hidden');
  folder.write('crls/a.crl', folder.root.crl().pem);
  folder.write('crls/b.crl', other.crl().der);
  const { configuration, problems } = await folder.load();
  t.strictSame(problems, []);
  t.equal(configuration?.trustStores.get('corporate')?.store.anchors.length, 2);
  t.equal(configuration?.trustStores.get('corporate')?.crls.length, 2);
  t.ok(configuration?.files.includes(`${place}/cas/b.der`), 'every file read is told, for watching');
  t.ok(configuration?.files.includes(`${place}/cas`), 'and the folder');
});

t.test('a client certificate for an upstream is loaded', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  writeUpstream(folder, 'ca: ca.pem, cert: server.pem, key: server.key');
  const { configuration } = await folder.load();
  const tls = { ca: [folder.root.pem], cert: folder.server.chainPem, key: folder.server.keyPem };
  t.match(configuration?.upstreamTls.get('echo'), { ...tls, leaf: { serial: folder.server.facts.serial } });
});
