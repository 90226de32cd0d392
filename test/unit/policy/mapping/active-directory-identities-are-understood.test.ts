// altSecurityIdentities, SIDs and templates of Active Directory, in the forms in which administrators have them.

import { createHash } from 'node:crypto';
import t from 'tap';
import { listAltSecurityIdentities } from '../../../../src/policy/mapping/alt-security-identity.ts';
import { makeRoot, type TestCertificate } from '../../../kit/pki.ts';
import { sidExtension, templateExtension, templateNameExtension } from '../../../kit/windows-extensions.ts';
import { accountOf, issuing, map, partner, problemsOf, trace } from './mapped.ts';

const ISSUER = 'DC=example,DC=corp,CN=Corporate CA';
const SID = 'S-1-5-21-3623811015-3361044348-30300820-1104';

const alice = issuing.client({
  subject: [
    { type: 'DC', value: 'example' },
    { type: 'OU', value: 'Sales, North' },
    { type: 'CN', value: 'Alice' },
  ],
  serial: '2B0000000011AC0000000012',
  san: [
    { kind: 'email', value: 'Alice@corp.example' },
    { kind: 'upn', value: 'alice@corp.example' },
  ],
  extensions: [
    sidExtension(SID),
    templateNameExtension('SmartcardUser'),
    templateExtension('1.3.6.1.4.1.311.21.8.1.2'),
  ],
});
const bob = issuing.client({ cn: 'Bob', serial: '2B0000000011AC0000000013' });

const by = (...texts: string[]) => [{ trust: 'corporate', match: { altSecurityIdentities: texts }, account: 'alice' }];
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');
/** The octets of the key alone: behind the BIT STRING's header, which is the last in a SubjectPublicKeyInfo of an EC key. */
const keyBits = ({ facts }: TestCertificate) => facts.publicKey.spki.subarray(-65);

const IDENTITIES: Readonly<Record<string, 'strong' | 'weak'>> = {
  [`X509:<I>${ISSUER}<SR>1200000000ac11000000002b`]: 'strong',
  [`X509:<SKI>${alice.keyId}`]: 'strong',
  [`X509:<SHA1-PUKEY>${sha1(keyBits(alice))}`]: 'strong',
  [`X509:<SHA1-PUKEY>${sha1(alice.der)}`]: 'strong',
  [`X509:<I>${ISSUER}<SID>${SID}`]: 'strong',
  [`X509:<I>${ISSUER}<S>DC=example,OU="Sales, North",CN=Alice`]: 'weak',
  'X509:<S>DC=example,OU="Sales, North",CN=Alice': 'weak',
  'X509:<RFC822>Alice@corp.example': 'weak',
  'X509:<PN>alice@corp.example': 'weak',
};

t.test('all that a certificate has are listed, strong ones first', async (t) => {
  t.strictSame(
    listAltSecurityIdentities(alice.facts),
    Object.entries(IDENTITIES).map(([text, strength]) => ({ text, strength })),
  );
});

t.test('each maps its certificate and no other, with its strength', async (t) => {
  for (const [text, strength] of Object.entries(IDENTITIES)) {
    t.match(map(by(text), alice), { kind: 'account', account: 'alice', strength }, text);
    t.equal(accountOf(by(text), bob), undefined, text);
  }
  t.match(map(by(...Object.keys(IDENTITIES)), alice), { strength: 'weak' }, 'of several the weakest counts');
});

t.test('one of several is enough', async (t) => {
  const texts = ['X509:<SKI>00', `X509:<I>${ISSUER}<SR>1300000000ac11000000002b`];
  t.equal(accountOf(by(...texts), alice), undefined);
  t.equal(accountOf(by(...texts), bob), 'alice');
});

t.test('letter case and separators of digits do not count, and case of names where the mapping says so', async (t) => {
  t.equal(accountOf(by(`x509:<I>${ISSUER.toLowerCase()}<SR>12:00:00:00:00:AC:11:00:00:00:00:2B`), alice), 'alice');
  t.equal(accountOf(by(`X509:<SKI>${alice.keyId.toUpperCase()}`), alice), 'alice');
  t.equal(accountOf(by('X509:<RFC822>alice@CORP.example'), alice), 'alice');
  const [mapping] = by('X509:<S>dc=EXAMPLE,ou="Sales, North",cn=alice');
  t.equal(accountOf([{ ...mapping }], alice), undefined);
  t.equal(accountOf([{ ...mapping, caseSensitive: false }], alice), 'alice');
});

t.test('a serial number that was not turned round does not match, and says so', async (t) => {
  const displayed = by(`X509:<I>${ISSUER}<SR>2B0000000011AC0000000012`);
  t.equal(accountOf(displayed, alice), undefined);
  t.match(trace(displayed, alice), [{ note: /differs in altSecurityIdentities; <SR> .* bytes reversed/ }]);
  t.notMatch(trace(displayed, bob), [{ note: /reversed/ }]);
});

t.test('an issuer is one authority, named from the root down', async (t) => {
  t.strictSame(problemsOf(by(`X509:<I>${ISSUER}<SR>12`)[0] ?? {}), []);
  const problems = (text: string) => problemsOf(by(text)[0] ?? {});
  t.match(problems('X509:<I>CN=Corporate CA,DC=corp,DC=example<SR>12'), [`begins at the wrong end; write ${ISSUER}`]);
  t.match(problems('X509:<I>CN=Nobody<SR>12'), [
    /^0\.match\.altSecurityIdentities\.0: <I>: .*names no certificate authority/,
  ]);
  t.match(problems('X509:<I>Corporate CA<SR>12'), [/<I>: expected a name/]);
  const unbound = { match: { altSecurityIdentities: [`X509:<I>${ISSUER}<SR>12`] }, account: 'a' };
  t.strictSame(problemsOf(unbound), [], 'which is as good as a trust store');
  const half = { match: { altSecurityIdentities: [`X509:<I>${ISSUER}<SR>12`, 'X509:<SKI>00'] }, account: 'a' };
  t.match(problemsOf(half), [/any authority of any trust store/]);
});

t.test('what is no such text does not compile', async (t) => {
  for (const text of [
    'DC=example',
    'X509:',
    'X509:<SR>12',
    'X509:<I>CN=Corporate CA',
    `X509:<I>${ISSUER}<SR>12<SR>13`,
    `X509:<SR>12<I>${ISSUER}`,
    'X509:<SKI>xyz',
    'X509:<SKI>',
    'X509:<S>CN="a',
    'X509:<S>CN=a,',
    'X509:<S>CN=a<b',
    'X509:<S>Nope=a',
    `X509:<I>${ISSUER}<SR>123`,
  ]) {
    t.equal(problemsOf(by(text)[0] ?? {}).length, 1, text);
  }
});

t.test('names with anything in them are written so that they are read back', async (t) => {
  for (const value of [
    'x<S>CN=admin',
    'a"b',
    'a""b',
    '"',
    ' a ',
    'a+CN=b',
    'a,CN=b',
    '#61',
    'a=b',
    'a\\b',
    'a\nb',
    'Jürgen 日本',
    '<',
    '',
  ]) {
    const leaf = issuing.client({
      subject: [
        { type: 'O', value: 'x' },
        { type: '1.2.3.4', value },
        { type: 'CN', value },
      ],
    });
    const listed = listAltSecurityIdentities(leaf.facts).map(({ text }) => text);
    t.equal(listed.filter((text) => text.includes('<S>')).length >= 2, true, JSON.stringify(value));
    for (const text of listed) t.equal(accountOf(by(text), leaf), 'alice', text);
  }
  const exact = by('X509:<S>CN=admin');
  t.equal(accountOf(exact, issuing.client({ cn: 'admin' })), 'alice');
  t.equal(accountOf(exact, issuing.client({ cn: 'x<S>CN=admin' })), undefined);
  const joined = {
    subject: [
      [
        { type: 'OU', value: 'x' },
        { type: 'CN', value: 'admin' },
      ],
    ],
  };
  t.equal(accountOf(by('X509:<S>OU=x+CN=admin'), issuing.client(joined)), 'alice');
  t.equal(accountOf(by('X509:<S>OU=x,CN=admin'), issuing.client(joined)), undefined);
});

t.test('what cannot be pasted is not listed', async (t) => {
  const odd = issuing.client({
    subject: [{ type: 'CN', value: Buffer.from('0101ff', 'hex'), tag: 0x04 }],
    san: [{ kind: 'email', value: '"a<b>"@corp.example' }],
  });
  const listed = listAltSecurityIdentities(odd.facts).map(({ text }) => text.replace(/[^>]*$/, ''));
  t.notOk(listed.some((text) => text.includes('<S>')));
  for (const { text } of listAltSecurityIdentities(odd.facts)) t.equal(accountOf(by(text), odd), 'alice', text);
  const unnamed = makeRoot({ subject: [] }).client({ subject: [], subjectKeyId: null });
  t.equal(listAltSecurityIdentities(unnamed.facts).length, 2, 'only the hashes of key and certificate');
});

t.test('SID and template', async (t) => {
  const entry = (match: object, account = '{sid}') => [{ trust: 'corporate', match, account }];
  const bySid = entry({ sid: 'S-1-5-21-3623811015-3361044348-30300820-*' });
  t.match(map(bySid, alice), { kind: 'account', account: SID, strength: 'strong' });
  t.equal(accountOf(bySid, bob), undefined);
  t.equal(accountOf(entry({ sid: '*' }, 'a'), bob), undefined, 'who has none has none that matches');
  t.equal(accountOf(bySid, partner.client({ extensions: [sidExtension(SID)] }), 'partners'), undefined);
  t.match(map(entry({ sid: SID }, 'alice'), alice), { strength: 'strong' });
  t.match(map(entry({ sid: 'S-1-5-21-*' }, 'alice'), alice), { strength: 'weak' });
  for (const template of ['smartcarduser', 'Smartcard*', '1.3.6.1.4.1.311.21.8.1.2']) {
    t.match(map(entry({ template }, 'a'), alice), { account: 'a', strength: 'weak' }, template);
    t.equal(accountOf(entry({ template }, 'a'), bob), undefined, template);
  }
  t.equal(accountOf(entry({ template: '*' }, 'a'), bob), undefined);
  t.equal(accountOf(entry({ template: '1.3.6.1.4.1.311.21.8.*' }, 'a'), alice), undefined, 'an OID is one OID');
});
