// What an authority makes of a request: its names and key, and never what the request says they may be used for.

import t from 'tap';
import { chainBelow } from '../../../src/pki/authority.ts';
import { encodeExtension } from '../../../src/pki/extensions.ts';
import { findRequestProblems, listUngranted, signRequest } from '../../../src/pki/sign-request.ts';
import { context, encode, oid, sequence, utf8String } from '../../../src/x509/der-writer.ts';
import { parseRequest } from '../../../src/x509/request.ts';
import { checkSignature } from '../../../src/x509/signature.ts';
import { encodeTestName, makeKey, makeRoot, PURPOSE } from '../../kit/pki.ts';
import { CERT_EXTENSIONS, type RequestOptions, writeCertreqRequest, writeTestRequest } from '../../kit/requests.ts';

const root = makeRoot();
const authority = { certificate: root.facts, privateKey: root.key, chain: [root.facts] };
const now = Date.now();

const read = (options: RequestOptions = {}) => parseRequest(writeTestRequest(options));
const problemsOf = (options: RequestOptions = {}) => findRequestProblems(authority, read(options));

const NAMES = [
  { kind: 'dns', value: 'a.example' },
  { kind: 'uri', value: 'spiffe://x/y' },
  { kind: 'email', value: 'a@b.example' },
  { kind: 'ip', value: '2001:db8::1' },
  { kind: 'upn', value: 'alice@corp' },
] as const;

t.test('names and key are taken over', async (t) => {
  const subject = [
    { type: 'O', value: 'Acme, Inc.', tag: 0x13 },
    [
      { type: 'CN', value: 'älice' },
      { type: 'UID', value: 'a' },
    ],
  ];
  for (const [write, attributeType] of [
    [writeTestRequest, undefined],
    [writeCertreqRequest, undefined],
    [writeTestRequest, CERT_EXTENSIONS],
  ] as const) {
    const key = makeKey('p384');
    const der = write({ key, subject, san: NAMES, ...(attributeType && { attributeType }) });
    const request = parseRequest(der);
    t.strictSame(findRequestProblems(authority, request), []);
    const certificate = signRequest(authority, request, { purpose: 'clientAuth', now, days: 10 });
    t.equal(Buffer.compare(certificate.subject.der, encodeTestName(subject)), 0, 'byte for byte');
    t.match(certificate.known.subjectAltNames, NAMES);
    t.strictSame(certificate.publicKey.spki, request.publicKey.spki);
    t.equal(checkSignature(certificate, root.facts.publicKey), undefined);
    t.strictSame(chainBelow(authority, certificate), [certificate]);
    t.equal(certificate.notAfter, root.facts.notAfter, 'not after its issuer');
  }
});

t.test('usages are not', async (t) => {
  const asked = read({
    ca: true,
    keyUsage: ['digitalSignature', 'keyCertSign'],
    eku: [PURPOSE.clientAuth, PURPOSE.serverAuth, '1.3.6.1.4.1.311.20.2.2'],
    extensions: [encodeExtension('1.2.3.4', true, encode(5))],
  });
  t.strictSame(findRequestProblems(authority, asked), []);
  t.strictSame(listUngranted(asked, 'clientAuth'), [
    'being a certificate authority',
    'the key usage keyCertSign',
    'the purpose serverAuth',
    'the purpose 1.3.6.1.4.1.311.20.2.2',
    'the extension 1.2.3.4',
  ]);
  for (const purpose of ['clientAuth', 'serverAuth'] as const) {
    const { known, extensions } = signRequest(authority, asked, { purpose, now, days: 10 });
    t.strictSame(known.basicConstraints, { ca: false, pathLength: undefined });
    t.strictSame([...(known.keyUsage ?? [])], ['digitalSignature']);
    t.strictSame(known.extendedKeyUsage, [PURPOSE[purpose]]);
    t.notOk(extensions.some(({ oid }) => oid === '1.2.3.4'));
  }
  const modest = read({ keyUsage: ['digitalSignature'], eku: [PURPOSE.serverAuth], san: NAMES });
  t.strictSame(listUngranted(modest, 'serverAuth'), []);
  t.strictSame(listUngranted(modest, 'clientAuth'), ['the purpose serverAuth']);
});

t.test('the only name there is is critical', async (t) => {
  const request = read({ subject: [], san: [{ kind: 'upn', value: 'a@b' }] });
  t.strictSame(findRequestProblems(authority, request), []);
  const { extensions } = signRequest(authority, request, { purpose: 'clientAuth', now, days: 1 });
  t.ok(extensions.find(({ oid }) => oid === '2.5.29.17')?.critical);
  t.match(problemsOf({ subject: [] }), ['it has no names']);
});

t.test('who does not hold the key gets nothing', async (t) => {
  t.strictSame(problemsOf(), []);
  const wrong = [/^its signature is wrong/];
  t.match(problemsOf({ signWith: makeKey('ec') }), wrong);
  const der = Buffer.from(writeTestRequest({ cn: 'alice' }));
  der.write('malic', der.indexOf('alice'));
  t.match(findRequestProblems(authority, parseRequest(der)), wrong, 'changed on the way');
  t.strictSame(problemsOf({ signatureHash: 'sha1' }), ['it is signed with an algorithm that is broken']);
});

t.test('weak keys', async (t) => {
  t.strictSame(problemsOf({ key: makeKey('rsa2048') }), []);
  t.strictSame(problemsOf({ key: makeKey('p521') }), []);
  t.strictSame(problemsOf({ key: makeKey('rsa1024') }), ['RSA key of 1024 bits, expected 2048 to 8192']);
});

t.test('names that nobody here can judge', async (t) => {
  const one = (name: Uint8Array) => problemsOf({ sanValue: sequence(name) });
  t.strictSame(one(encode(0x82, Buffer.from('a.example'))), []);
  t.strictSame(one(context(4, encodeTestName([{ type: 'CN', value: 'x' }]))), [
    'it asks for an alternative name of the kind directoryName',
  ]);
  t.strictSame(one(context(0, oid('1.2.3'), context(0, utf8String('x')))), [
    'it asks for an alternative name of the kind 1.2.3',
  ]);
  t.strictSame(problemsOf({ cn: 'test  ROOT' }), ['it asks for the name of the authority itself']);
});
