// OpenSSL, NSS (the library of Firefox) and Node open our PKCS#12 files, and the algorithms inside are those promised.

import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import t from 'tap';
import { createIntermediateAuthority, createRootAuthority } from '../../../src/pki/authority.ts';
import { issueClientCertificate } from '../../../src/pki/issue.ts';
import { encryptLegacy } from '../../../src/pki/password-encryption.ts';
import { DERIVED, derivePasswordKey, encodePassword } from '../../../src/pki/password-key.ts';
import { writePkcs12 } from '../../../src/pki/pkcs12.ts';
import { oid } from '../../../src/x509/der-writer.ts';
import { makeFolder } from '../../kit/gateway.ts';
import { openssl } from '../../kit/openssl.ts';

const lifetime = { now: Date.now(), days: 30 };
const root = createRootAuthority({ ...lifetime, subject: [{ type: 'CN', value: 'Root' }] });
const issuing = createIntermediateAuthority(root, { ...lifetime, subject: [{ type: 'CN', value: 'Issuing' }] });
const clients = (['ec', 'rsa'] as const).map((key) => {
  const subject = [{ type: 'CN', value: `alice with ${key}` }];
  return issueClientCertificate(issuing, { ...lifetime, subject, alternativeNames: [], key });
});

/** OIDs that must be there, and those of the other profile, which must not. */
const MODERN = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
};
const LEGACY = { sha1AndTripleDes: '1.2.840.113549.1.12.1.3', sha1: '1.3.14.3.2.26' };
const WEAK = { sha1AndRc2With40Bits: '1.2.840.113549.1.12.1.6', sha1AndRc4: '1.2.840.113549.1.12.1.1' };

const PROFILES = [
  [
    'modern',
    MODERN,
    LEGACY,
    /MAC: sha256, Iteration 100000\n/,
    /PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256/,
  ],
  ['legacy', LEGACY, MODERN, /MAC: sha1, Iteration 100000\n/, /pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 100000/],
] as const;

for (const [profile, present, absent, mac, encryption] of PROFILES) {
  t.test(profile, async (t) => {
    const password = 'correct "horse" $taple \\';
    for (const client of clients) {
      const folder = makeFolder(t);
      const der = Buffer.from(writePkcs12(client, { password, friendlyName: 'älice', profile }));
      writeFileSync(join(folder, 'a.p12'), der);
      writeFileSync(join(folder, 'password'), `${password}\n`);

      for (const [name, dotted] of Object.entries(present)) t.ok(der.includes(oid(dotted)), name);
      for (const [name, dotted] of Object.entries({ ...absent, ...WEAK })) t.notOk(der.includes(oid(dotted)), name);
      t.notOk(der.includes(client.certificate.tbs), 'certificates are encrypted too');

      const legacy = profile === 'legacy' ? ['-legacy'] : [];
      const read = (pass: string) =>
        execFileSync('openssl', ['pkcs12', ...legacy, '-info', '-in', 'a.p12', '-passin', pass, '-nodes'], {
          cwd: folder,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      const text = read('file:password');
      const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
      t.strictSame(
        certificates.map((pem) => new X509Certificate(pem).subject),
        client.chain.map(({ der }) => new X509Certificate(der).subject),
        'leaf and issuing authority, without the root',
      );
      t.ok(createPrivateKey(text).equals(client.privateKey));
      t.equal(text.match(/localKeyID: /g)?.length, 2, 'the key and its certificate know each other');
      t.throws(() => read('pass:wrong'), /invalid password/);
      const about = openssl(
        folder,
        'pkcs12',
        ...legacy,
        '-in',
        'a.p12',
        '-passin',
        'file:password',
        '-nokeys',
        '-nodes',
      );
      t.match(about, /friendlyName: /);
      t.match(infoOf(folder, legacy), mac);
      t.match(infoOf(folder, legacy), encryption);

      const listed = execFileSync('pk12util', ['-l', 'a.p12', '-w', 'password'], { cwd: folder, encoding: 'utf8' });
      t.match(listed, 'Certificate(has private key):');
      t.match(listed, 'Friendly Name: ');
      t.throws(() => execFileSync('pk12util', ['-l', 'a.p12', '-W', 'wrong'], { cwd: folder, stdio: 'pipe' }));

      t.doesNotThrow(() => createSecureContext({ pfx: der, passphrase: password }));
    }
  });
}

/** What openssl tells on standard error. */
function infoOf(folder: string, legacy: readonly string[]): string {
  const args = ['pkcs12', ...legacy, '-info', '-in', 'a.p12', '-passin', 'file:password', '-noout'];
  return execFileSync('sh', ['-c', 'exec openssl "$@" 2>&1', 'sh', ...args], { cwd: folder, encoding: 'utf8' });
}

t.test('keys come from passwords as OpenSSL derives them', async (t) => {
  const folder = makeFolder(t);
  const cases = [
    { hash: 'sha1', password: 'smeg', salt: '0A58CF64530D823F', iterations: 1, purpose: DERIVED.key, octets: 24 },
    { hash: 'sha1', password: 'queeg', salt: '05DEC959ACFF72F7', iterations: 1000, purpose: DERIVED.iv, octets: 8 },
    {
      hash: 'sha256',
      password: 'x'.repeat(40),
      salt: 'ff'.repeat(70),
      iterations: 3,
      purpose: DERIVED.mac,
      octets: 100,
    },
    { hash: 'sha1', password: '', salt: '00', iterations: 2, purpose: DERIVED.mac, octets: 20 },
  ] as const;
  for (const { salt, ...rest } of cases) {
    const ours = derivePasswordKey({ ...rest, salt: Buffer.from(salt, 'hex') })
      .toString('hex')
      .toUpperCase();
    const options = {
      digest: rest.hash,
      hexpass: encodePassword(rest.password).toString('hex'),
      hexsalt: salt,
      iter: rest.iterations,
      id: rest.purpose,
    };
    const flags = Object.entries(options).flatMap(([name, value]) => ['-kdfopt', `${name}:${value}`]);
    const theirs = openssl(folder, 'kdf', '-keylen', String(rest.octets), ...flags, 'PKCS12KDF');
    t.equal(ours, theirs.trim().replaceAll(':', ''), rest.password);
  }
});

t.test('each encryption has a salt of its own', async (t) => {
  const [client] = clients;
  if (client === undefined) return;
  const options = { password: 'secret', friendlyName: 'a', profile: 'modern' } as const;
  t.not(Buffer.compare(writePkcs12(client, options), writePkcs12(client, options)), 0);
  const input = { password: 'secret', salt: Buffer.alloc(8), iterations: 2 };
  t.strictSame(encryptLegacy(Buffer.from('a'), input), encryptLegacy(Buffer.from('a'), input));
});
