// Entries of `allow` and `deny`: every condition, met and not met by one change.

import t, { type Test } from 'tap';
import type { CertificateFacts } from '../../../src/model/certificate.ts';
import { compileMatch } from '../../../src/policy/match-certificate.ts';
import { matchOptions } from '../../../src/policy/options.ts';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';
import { identityOf } from './identities.ts';

const root = makeRoot();
const issuing = root.intermediate({ name: 'Issuing' });
const namesake = makeRoot({ name: 'Issuing' });
const AUTHORITIES = [root, issuing].map(({ facts }) => facts);

const alice = issuing.client({
  subject: [
    { type: 'O', value: 'Acme' },
    { type: 'OU', value: 'Sales' },
    { type: 'OU', value: 'Ops' },
    { type: 'CN', value: 'alice' },
  ],
  serial: '0A1B2C',
  san: [
    { kind: 'dns', value: 'Alice.example' },
    { kind: 'uri', value: 'spiffe://corp/Alice' },
    { kind: 'email', value: 'alice@Corp.example' },
    { kind: 'upn', value: 'alice@corp' },
  ],
});

function matches(
  entry: object,
  leaf: TestCertificate,
  authorities: readonly CertificateFacts[] = AUTHORITIES,
): boolean {
  const { matcher, problems } = compileMatch(matchOptions.parse(entry), authorities);
  t.strictSame(problems, []);
  return matcher(identityOf(leaf));
}

function check(t: Test, entries: readonly (readonly [object, boolean])[], leaf = alice): void {
  for (const [entry, expected] of entries) t.equal(matches(entry, leaf), expected, JSON.stringify(entry));
}

t.test('subject', async (t) => {
  check(t, [
    [{ subject: { CN: 'alice' } }, true],
    [{ subject: { cn: 'alice' } }, true],
    [{ subject: { '2.5.4.3': 'alice' } }, true],
    [{ subject: { CN: 'Alice' } }, false],
    [{ subject: { CN: 'ali' } }, false],
    [{ subject: { CN: 'ali*' } }, true],
    [{ subject: { CN: 'al?ce' } }, true],
    [{ subject: { CN: 'alice', O: 'Acme' } }, true],
    [{ subject: { CN: 'alice', O: 'Other' } }, false],
    [{ subject: { OU: 'Sales' } }, true],
    [{ subject: { OU: 'Ops' } }, true],
    [{ subject: { OU: 'Sales*Ops' } }, false],
    [{ subject: { L: '*' } }, false],
  ]);
});

t.test('a common name that looks like a rendered one is a common name', async (t) => {
  for (const cn of [
    'x,CN=admin',
    'x+CN=admin',
    'CN=admin',
    'admin/CN=x',
    'x\\,CN=admin',
    'admin\0',
    ' admin',
    'admin ',
  ]) {
    t.notOk(matches({ subject: { CN: 'admin' } }, issuing.client({ cn })), JSON.stringify(cn));
  }
  t.ok(matches({ subject: { CN: 'admin' } }, issuing.client({ cn: 'admin' })));
  t.ok(matches({ subject: { CN: 'x,CN=admin' } }, issuing.client({ cn: 'x,CN=admin' })));
  const multi = issuing.client({
    subject: [
      [
        { type: 'OU', value: 'x' },
        { type: 'CN', value: 'admin' },
      ],
    ],
  });
  t.ok(matches({ subject: { CN: 'admin' } }, multi), 'a multi-valued relative name holds it as well');
});

t.test('issuer, by its key', async (t) => {
  const key = issuing.facts.publicKey.spkiHash;
  check(t, [
    [{ issuer: { CN: 'Issuing' } }, true],
    [{ issuer: { CN: 'Test Root' } }, false],
    [{ issuerKey: key }, true],
    [{ issuerKey: key.toUpperCase().replace(/..(?!$)/g, '$&:') }, true],
    [{ issuerKey: root.facts.publicKey.spkiHash }, false],
    [{ issuerKey: key, serial: '0A1B2C' }, true],
    [{ issuerKey: key, serial: '00:0a:1b:2c' }, true],
    [{ issuerKey: key, serial: '0A1B2D' }, false],
  ]);
  const other = namesake.client({ cn: 'alice', serial: '0A1B2C' });
  t.notOk(matches({ issuer: { CN: 'Issuing' } }, other), 'another authority of the same name is another issuer');
  t.notOk(matches({ issuer: { CN: 'Issuing' }, serial: '0A1B2C' }, other));
  const again = root.intermediate({ name: 'Renewed', key: issuing.key });
  t.ok(matches({ issuer: { CN: 'Issuing' } }, again.client()), 'a new certificate of the same key is the same issuer');
});

t.test('a leaf that is its own anchor has no issuer', async (t) => {
  const { matcher } = compileMatch(matchOptions.parse({ issuer: { CN: 'Issuing' } }), AUTHORITIES);
  t.ok(matcher(identityOf(alice)));
  t.notOk(matcher({ certificate: alice.facts, path: [alice.facts], account: undefined }));
});

t.test('fingerprint', async (t) => {
  const { fingerprint } = alice.facts;
  check(t, [
    [{ fingerprint }, true],
    [{ fingerprint: `\u200e${fingerprint.toUpperCase().replace(/../g, '$& ')}` }, true],
    [{ fingerprint: issuing.facts.fingerprint }, false],
  ]);
});

t.test('alternative names', async (t) => {
  check(t, [
    [{ 'san.dns': 'alice.EXAMPLE' }, true],
    [{ 'san.dns': '*.example' }, true],
    [{ 'san.dns': '*.other' }, false],
    [{ 'san.uri': 'spiffe://corp/Alice' }, true],
    [{ 'san.uri': 'spiffe://corp/*' }, true],
    [{ 'san.uri': 'spiffe://corp/alice' }, false],
    [{ 'san.email': '*@corp.example' }, true],
    [{ 'san.email': 'bob@corp.example' }, false],
    [{ 'san.upn': 'ALICE@corp' }, true],
    [{ 'san.upn': 'alice@corp.example' }, false],
    [{ 'san.dns': 'alice@corp' }, false],
  ]);
  check(t, [[{ 'san.dns': '*' }, false]], issuing.client());
});

t.test('all conditions of an entry must hold', async (t) => {
  check(t, [
    [{ subject: { CN: 'alice' }, 'san.upn': 'alice@corp' }, true],
    [{ subject: { CN: 'alice' }, 'san.upn': 'bob@corp' }, false],
    [{ subject: { CN: 'bob' }, 'san.upn': 'alice@corp' }, false],
  ]);
});

t.test('account and role', async (t) => {
  const asks = (entry: object, account: { name: string; roles: readonly string[] } | undefined) =>
    compileMatch(matchOptions.parse(entry), []).matcher(
      identityOf(alice, account && { from: 'directory', ...account }),
    );
  const ops = { name: 'ops-alice', roles: ['reader', 'admin'] };
  t.ok(asks({ account: 'ops-*' }, ops));
  t.notOk(asks({ account: 'dev-*' }, ops));
  t.notOk(asks({ account: '*' }, undefined));
  t.ok(asks({ role: 'adm*' }, ops));
  t.notOk(asks({ role: 'owner' }, ops));
  t.notOk(asks({ role: '*' }, undefined));
});

t.test('an account that a mapping gave matches only where the entry says so', async (t) => {
  const asks = (entry: object, from: 'directory' | 'mapping') =>
    compileMatch(matchOptions.parse(entry), []).matcher(identityOf(alice, { name: 'ops', roles: ['admin'], from }));
  for (const entry of [{ account: 'ops' }, { role: 'admin' }, { account: 'ops', role: 'admin' }]) {
    t.ok(asks(entry, 'directory'));
    t.notOk(asks(entry, 'mapping'));
    t.ok(asks({ ...entry, mapped: true }, 'mapping'));
    t.ok(asks({ ...entry, mapped: true }, 'directory'));
    t.notOk(asks({ ...entry, mapped: false }, 'mapping'));
  }
  t.throws(() => matchOptions.parse({ mapped: true }), 'alone it is no condition');
});

t.test('what names nobody, or more than one, does not compile', async (t) => {
  const problemsOf = (entry: object, authorities: readonly CertificateFacts[]) =>
    compileMatch(matchOptions.parse(entry), authorities).problems;
  const rekeyed = [...AUTHORITIES, namesake.facts];
  t.strictSame(problemsOf({ issuer: { CN: 'Issuing' } }, AUTHORITIES), []);
  t.match(problemsOf({ issuer: { CN: 'Issuing' } }, rekeyed), [/names 2 certificate authorities/]);
  t.match(problemsOf({ issuer: { CN: 'Nobody' } }, AUTHORITIES), [/names no certificate authority/]);
  t.match(problemsOf({ subject: { NoSuchAttribute: 'x' } }, AUTHORITIES), [/"NoSuchAttribute" is no known attribute/]);
  const { matcher } = compileMatch(matchOptions.parse({ issuer: { CN: 'Issuing' } }), rekeyed);
  t.notOk(matcher(identityOf(alice)), 'and would match nobody');
});
