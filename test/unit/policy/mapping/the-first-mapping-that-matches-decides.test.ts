// Mappings in order, as in IIS: fields, wildcards, case, allow and deny, first match; and what a renewal changes.

import t from 'tap';
import { accountOf, issuing, map, namesake, parse, partner, problemsOf, trace } from './mapped.ts';

const alice = issuing.client({
  subject: [
    { type: 'O', value: 'Acme' },
    { type: 'CN', value: 'Alice' },
  ],
  serial: '0A1B2C',
  san: [
    { kind: 'upn', value: 'Alice@corp.example' },
    { kind: 'ip', value: '2001:db8::1' },
  ],
});
const ANYBODY = { trust: 'corporate', match: { subject: { CN: '*' } } };

t.test('the first that matches, and a deny ends it', async (t) => {
  const guest = { ...ANYBODY, account: 'guest' };
  const member = { trust: 'corporate', match: { subject: { O: 'Acme' } }, account: '{upn.local}' };
  const stop = { trust: 'corporate', match: { subject: { CN: 'Alice' } }, deny: true };
  t.equal(accountOf([guest], alice), 'guest');
  t.equal(accountOf([member, guest], alice), 'alice');
  t.equal(accountOf([guest, member], alice), 'guest');
  t.equal(accountOf([member, stop], alice), 'alice');
  t.equal(accountOf([stop, member], alice), 'denied');
  t.equal(accountOf([{ ...stop, enabled: false }, member], alice), 'alice');
  t.equal(accountOf([], alice), undefined);
  t.match(map([{ ...stop, name: 'no-alice' }], alice), { kind: 'denied', mapping: 'no-alice' });
  t.match(map([stop, member], issuing.client({ cn: 'Bob' })), undefined);
});

t.test('case counts in attributes unless the mapping says no, and never in a UPN', async (t) => {
  const byName = (CN: string, more: object = {}) => [
    { trust: 'corporate', match: { subject: { CN } }, account: 'a', ...more },
  ];
  t.equal(accountOf(byName('Alice'), alice), 'a');
  t.equal(accountOf(byName('alice'), alice), undefined);
  t.equal(accountOf(byName('aLICE', { caseSensitive: false }), alice), 'a');
  t.equal(accountOf(byName('A*e'), alice), 'a');
  t.equal(accountOf(byName('A?ice'), alice), 'a');
  t.equal(accountOf(byName('A?ce'), alice), undefined);
  t.equal(
    accountOf([{ trust: 'corporate', match: { 'san.upn': 'ALICE@*' }, account: '{upn}' }], alice),
    'alice@corp.example',
  );
  t.equal(accountOf([{ ...ANYBODY, account: '{cn}' }], alice), 'Alice');
  t.equal(accountOf([{ ...ANYBODY, account: '{cn}', caseSensitive: false }], alice), 'alice', 'one spelling for all');
});

t.test('every field of a certificate', async (t) => {
  const { fingerprint, publicKey, known } = alice.facts;
  const matches: readonly (readonly [object, object])[] = [
    [{ fingerprint }, { fingerprint: issuing.facts.fingerprint }],
    [{ publicKey: publicKey.spkiHash }, { publicKey: issuing.facts.publicKey.spkiHash }],
    [{ ski: known.subjectKeyId?.replace(/..(?!$)/g, '$&:').toUpperCase() }, { ski: issuing.facts.known.subjectKeyId }],
    [{ eku: '1.3.6.1.5.5.7.3.2' }, { eku: '1.3.6.1.5.5.7.3.1' }],
    [{ 'san.ip': '2001:db8::*' }, { 'san.ip': '2001:db9::*' }],
    [
      { issuer: { CN: 'Corporate CA' }, serial: '0a:1b:2c' },
      { issuer: { CN: 'Corporate CA' }, serial: '0A1B2D' },
    ],
    [{ issuerKey: issuing.facts.publicKey.spkiHash }, { issuerKey: partner.facts.publicKey.spkiHash }],
  ];
  for (const [right, wrong] of matches) {
    t.equal(accountOf([{ trust: 'corporate', match: right, account: 'a' }], alice), 'a', JSON.stringify(right));
    t.equal(accountOf([{ trust: 'corporate', match: wrong, account: 'a' }], alice), undefined, JSON.stringify(wrong));
  }
});

t.test('a renewed certificate keeps its account where the mapping is not about the certificate', async (t) => {
  const renewed = issuing.client({
    subject: [
      { type: 'O', value: 'Acme' },
      { type: 'CN', value: 'Alice' },
    ],
    serial: '0A1B2D',
    key: alice.key,
    san: [{ kind: 'upn', value: 'Alice@corp.example' }],
  });
  const rekeyed = issuing.client({ cn: 'Alice', san: [{ kind: 'upn', value: 'Alice@corp.example' }] });
  const bySerial = [{ match: { issuer: { CN: 'Corporate CA' }, serial: '0A1B2C' }, account: 'alice' }];
  const byKey = [{ trust: 'corporate', match: { publicKey: alice.facts.publicKey.spkiHash }, account: 'alice' }];
  const byUpn = [{ match: { issuer: { CN: 'Corporate CA' }, 'san.upn': '*@corp.example' }, account: '{upn.local}' }];
  const accounts = (entries: object[]) => [alice, renewed, rekeyed].map((leaf) => accountOf(entries, leaf));
  t.strictSame(accounts(bySerial), ['alice', undefined, undefined]);
  t.strictSame(accounts(byKey), ['alice', 'alice', undefined]);
  t.strictSame(accounts(byUpn), ['alice', 'alice', 'alice']);
});

t.test('each is labelled strong or weak', async (t) => {
  const strengthOf = (match: object, account = 'alice') => map([{ trust: 'corporate', match, account }], alice);
  const strong = { kind: 'account', strength: 'strong' };
  const weak = { kind: 'account', strength: 'weak' };
  t.match(strengthOf({ issuer: { CN: 'Corporate CA' }, serial: '0A1B2C' }), strong);
  t.match(strengthOf({ fingerprint: alice.facts.fingerprint }), strong);
  t.match(strengthOf({ publicKey: alice.facts.publicKey.spkiHash }), strong);
  t.match(strengthOf({ ski: alice.facts.known.subjectKeyId }), strong);
  t.match(strengthOf({ issuer: { CN: 'Corporate CA' } }, '{serial}'), strong);
  t.match(strengthOf({ subject: { O: 'Acme' } }, '{ski}'), strong);
  t.match(strengthOf({ subject: { CN: 'Alice' } }), weak);
  t.match(strengthOf({ issuer: { CN: 'Corporate CA' }, subject: { CN: 'Alice' } }), weak);
  t.match(strengthOf({ 'san.upn': '*@corp.example' }, '{upn.local}'), weak);
  t.match(strengthOf({ issuer: { CN: 'Corporate CA' } }, '{serial}/{cn}'), weak);
});

t.test('what matches, and why the others do not', async (t) => {
  const steps = trace(
    [
      { trust: 'partners', match: { subject: { CN: '*' } }, account: 'a' },
      { ...ANYBODY, enabled: false, account: 'a' },
      { trust: 'corporate', match: { subject: { CN: 'Bob' }, 'san.upn': 'alice@*', eku: '1.2.3' }, account: 'a' },
      { ...ANYBODY, account: '{email}' },
      { name: 'members', ...ANYBODY, account: '{upn.local}' },
      { ...ANYBODY, deny: true },
    ],
    alice,
  );
  t.match(steps, [
    { mapping: 'mappings[0]', outcome: 'no-match', note: 'for other trust stores' },
    { mapping: 'mappings[1]', outcome: 'no-match', note: 'not enabled' },
    { mapping: 'mappings[2]', outcome: 'no-match', note: 'differs in subject, eku' },
    { mapping: 'mappings[3]', outcome: 'no-match', note: 'the certificate has no {email}' },
    { mapping: 'members', outcome: 'account', account: 'alice', strength: 'weak' },
    { mapping: 'mappings[5]', outcome: 'not-reached' },
  ]);
});

t.test('what could be anybody’s does not compile', async (t) => {
  const fine = { match: { issuer: { CN: 'Corporate CA' }, subject: { CN: '*' } }, account: '{cn}' };
  t.strictSame(problemsOf(fine), []);
  t.match(problemsOf({ ...fine, match: { subject: { CN: '*' } } }), [
    /^0: any authority of any trust store could issue/,
  ]);
  t.match(problemsOf({ ...fine, match: { issuer: { CN: 'Nobody' } } }), [
    /^0\.match: the issuer names no certificate authority/,
  ]);
  const both = new Map([
    ['corporate', [issuing.facts]],
    ['partners', [namesake.facts]],
  ]);
  t.match(problemsOf(fine, both), [/names 2 certificate authorities/], 'under no trust store a namesake counts');
  t.strictSame(problemsOf({ ...fine, trust: 'corporate' }, both), [], 'under its own it is the only one');
  t.match(problemsOf({ ...fine, trust: ['corporate', 'nowhere'] }), [/^0\.trust: no trust store is called "nowhere"/]);
  t.match(problemsOf({ trust: 'corporate', match: { serial: '01' }, account: 'a' }), [
    /^0\.match\.serial: .*without its issuer/,
  ]);
  t.match(problemsOf({ trust: 'corporate', match: { subject: { CN: 'a' } }, account: '{serial}' }), [
    /^0\.account: .*without its issuer/,
  ]);
  t.match(problemsOf({ ...fine, match: { ...fine.match, subject: { Nope: 'x' } } }), [/"Nope" is no known attribute/]);
});

t.test('what is no mapping is not read', async (t) => {
  const fine = { ...ANYBODY, account: 'a' };
  t.equal(parse([fine]).length, 1);
  for (const broken of [
    { ...fine, deny: true },
    { ...ANYBODY },
    { ...fine, match: {} },
    { ...fine, trust: [] },
    { ...fine, name: 'a b' },
    { ...fine, match: { account: 'x' } },
    { ...fine, match: { ski: 'xyz' } },
    { ...fine, match: { eku: 'clientAuth' } },
  ]) {
    t.throws(() => parse([broken]), JSON.stringify(broken));
  }
  t.throws(() => parse(Array(1001).fill(fine)), 'they are bounded');
});
