// A request, certreq's INF and OpenSSL's configuration ask for the same names and usages.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { writeCertreqInf } from '../../../src/pki/certreq-inf.ts';
import { generateKey } from '../../../src/pki/keys.ts';
import { writeOpensslConfig } from '../../../src/pki/openssl-config.ts';
import { createRequest, type Wish } from '../../../src/pki/request.ts';
import { encodePem } from '../../../src/x509/pem.ts';
import { parseRequest } from '../../../src/x509/request.ts';
import { checkSignature } from '../../../src/x509/signature.ts';
import { makeFolder } from '../../kit/gateway.ts';
import { openssl } from '../../kit/openssl.ts';

const CLIENT: Wish = {
  commonName: 'alice',
  purpose: 'clientAuth',
  alternativeNames: [
    { kind: 'dns', value: 'a.example' },
    { kind: 'uri', value: 'spiffe://x/y?a=%20#b' },
    { kind: 'email', value: 'a@b.example' },
    { kind: 'upn', value: 'älice@corp' },
    { kind: 'ip', value: '2001:db8::1' },
  ],
};

/** What openssl makes of the configuration, with a key of its own. */
function requestByOpenssl(t: Test, wish: Wish) {
  const folder = makeFolder(t);
  writeFileSync(join(folder, 'a.cnf'), writeOpensslConfig(wish));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'a.key'];
  openssl(folder, 'req', '-new', '-config', 'a.cnf', ...key, '-outform', 'DER', '-out', 'a.der');
  return parseRequest(readFileSync(join(folder, 'a.der')));
}

t.test('OpenSSL takes the request, and asks for the same by the configuration', async (t) => {
  const hostile = [
    'a # b',
    ' a$b ',
    '"quoted"',
    "it's",
    'back\\slash',
    '[x]',
    'a = b, c',
    'ä',
    '$(HOME)',
    '`a`',
    ';a',
    '@names',
  ];
  const wishes: Wish[] = [
    CLIENT,
    { commonName: 'app.example', purpose: 'serverAuth', alternativeNames: [{ kind: 'dns', value: 'app.example' }] },
    ...hostile.map(
      (commonName): Wish => ({
        commonName,
        purpose: 'clientAuth',
        alternativeNames: [{ kind: 'upn', value: `${commonName.replace(/[\s@]/g, '')}@corp` }],
      }),
    ),
    { commonName: 'none', purpose: 'clientAuth', alternativeNames: [] },
  ];
  const folder = makeFolder(t);
  for (const wish of wishes) {
    const request = createRequest(generateKey('ec'), wish);
    writeFileSync(join(folder, 'ours.csr'), encodePem('CERTIFICATE REQUEST', request.der));
    t.doesNotThrow(() => openssl(folder, 'req', '-verify', '-in', 'ours.csr', '-noout'), wish.commonName);
    const theirs = requestByOpenssl(t, wish);
    t.strictSame(theirs.subject, request.subject, wish.commonName);
    t.strictSame(theirs.extensions, request.extensions, wish.commonName);
  }
});

t.test('RSA', async (t) => {
  const request = createRequest(generateKey('rsa'), CLIENT);
  t.equal(checkSignature(request, request.publicKey), undefined);
  t.match(request.publicKey, { kind: 'rsa', bits: 3072 });
});

t.test('certreq', async (t) => {
  const text = writeCertreqInf(CLIENT, 'ec');
  t.match(text, /\r\n$/);
  const expected = `[Version]
Signature = "$Windows NT$"

[NewRequest]
Subject = "CN=alice"
KeyAlgorithm = ECDSA_P256
KeyLength = 256
HashAlgorithm = SHA256
ProviderName = "Microsoft Software Key Storage Provider"
MachineKeySet = FALSE
RequestType = PKCS10
KeyUsage = 0x80

[EnhancedKeyUsageExtension]
OID = 1.3.6.1.5.5.7.3.2

[Extensions]
2.5.29.17 = "{text}"
_continue_ = "DNS=a.example&"
_continue_ = "URL=spiffe://x/y?a=%%20#b&"
_continue_ = "EMail=a@b.example&"
_continue_ = "UPN=älice@corp&"
_continue_ = "IPAddress=2001:db8::1&"
`;
  t.equal(text?.replaceAll('\r\n', '\n').split('\n').slice(1).join('\n'), expected);
  const server: Wish = { commonName: 'a "b", c', purpose: 'serverAuth', alternativeNames: [] };
  const rsa = writeCertreqInf(server, 'rsa');
  t.match(rsa, '\r\nSubject = "CN=""a """"b"""", c"""\r\n');
  t.match(rsa, '\r\nKeyAlgorithm = RSA\r\nKeyLength = 3072\r\n');
  t.match(rsa, '\r\nMachineKeySet = TRUE\r\n');
  t.match(rsa, '\r\nOID = 1.3.6.1.5.5.7.3.1\r\n');
  t.notMatch(rsa, '[Extensions]');
  for (const value of ['https://a/?b&c', 'https://a/"']) {
    t.equal(writeCertreqInf({ ...CLIENT, alternativeNames: [{ kind: 'uri', value }] }, 'ec'), undefined);
  }
});
