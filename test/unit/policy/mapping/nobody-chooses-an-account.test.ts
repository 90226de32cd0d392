// Attacks on mappings: whoever gets a certificate issued must not get somebody else's account with it.

import t from 'tap';
import { matchesWildcard } from '../../../../src/model/text.ts';
import { AUTHORITIES, accountOf, compile, issuing, namesake, partner, problemsOf, trace } from './mapped.ts';

const BY_UPN = { match: { issuer: { CN: 'Corporate CA' }, 'san.upn': '*@corp.example' }, account: '{upn.local}' };
const BY_STORE = { trust: 'corporate', match: { 'san.upn': '*@corp.example' }, account: '{upn.local}' };
const BY_CN = { trust: 'corporate', match: { subject: { CN: '*' } }, account: '{cn}' };

const upn = (...values: string[]) => ({ san: values.map((value) => ({ kind: 'upn' as const, value })) });
const admin = issuing.client(upn('admin@corp.example'));

t.test('a partner’s authority issues a name that is ours', async (t) => {
  for (const entry of [BY_UPN, BY_STORE]) {
    t.equal(accountOf([entry], admin), 'admin');
    t.equal(accountOf([entry], partner.client(upn('admin@corp.example')), 'partners'), undefined);
  }
});

t.test('the same names under another key of the same name', async (t) => {
  const forged = namesake.client(upn('admin@corp.example'));
  t.equal(
    accountOf([BY_UPN], admin, 'partners'),
    'admin',
    'the key decides, under whichever trust store it was verified',
  );
  t.equal(accountOf([BY_UPN], forged, 'partners'), undefined);
  t.equal(accountOf([BY_UPN], forged), undefined);
  const identity = {
    trust: ['corporate', 'partners'],
    match: { altSecurityIdentities: ['X509:<I>DC=example,DC=corp,CN=Corporate CA<S>CN=x'] },
    account: 'x',
  };
  t.equal(accountOf([identity], issuing.client({ cn: 'x' })), 'x');
  t.equal(accountOf([identity], namesake.client({ cn: 'x' }), 'partners'), undefined);
  const both = new Map([...AUTHORITIES, ['partners', [partner.facts, namesake.facts]]]);
  t.match(
    problemsOf(identity, both),
    [/names 2 certificate authorities/],
    'and once both are known the name names nobody',
  );
});

t.test('a common name that reads like a longer name', async (t) => {
  t.equal(accountOf([BY_CN], issuing.client({ cn: 'admin' })), 'admin');
  for (const cn of [
    'alice,CN=admin',
    'alice+CN=admin',
    'admin;x',
    'CN=admin',
    'admin\0',
    'admin\n',
    'ad\u200bmin',
    '"admin"',
  ]) {
    t.equal(accountOf([BY_CN], issuing.client({ cn })), undefined, JSON.stringify(cn));
  }
  const exact = { trust: 'corporate', match: { subject: { CN: 'admin' } }, account: 'admin' };
  t.equal(accountOf([exact], issuing.client({ cn: 'alice,CN=admin' })), undefined);
});

t.test('two names, of which one would be chosen', async (t) => {
  t.equal(accountOf([BY_UPN], issuing.client(upn('mallory@corp.example', 'admin@corp.example'))), undefined);
  t.equal(accountOf([BY_UPN], issuing.client(upn('mallory@corp.example', 'admin@elsewhere.example'))), undefined);
  t.equal(accountOf([BY_UPN], issuing.client(upn('admin@corp.example', 'ADMIN@corp.example'))), 'admin', 'it is one');
  const two = issuing.client({ subject: ['mallory', 'admin'].map((value) => ({ type: 'CN', value })) });
  t.equal(accountOf([BY_CN], two), undefined);
  t.match(trace([BY_CN], two), [{ note: 'the certificate has 2 values of {cn}' }]);
});

t.test('a UPN with a second @, or none', async (t) => {
  for (const value of ['admin@x@corp.example', '@corp.example', 'mallory@evil@corp.example']) {
    t.equal(accountOf([BY_UPN], issuing.client(upn(value))), undefined, value);
  }
  const local = { ...BY_UPN, match: { issuer: { CN: 'Corporate CA' } } };
  t.equal(accountOf([local], issuing.client(upn('admin'))), undefined);
  t.equal(accountOf([local], issuing.client(upn('admin@'))), undefined);
});

t.test('letters that look or fold like others', async (t) => {
  t.equal(accountOf([BY_UPN], issuing.client(upn('kim@corp.example'))), 'kim');
  t.equal(accountOf([BY_UPN], issuing.client(upn('KIM@CORP.example'))), 'kim');
  const kelvin = '\u212aim@corp.example';
  t.equal('\u212a'.toLowerCase(), 'k', 'which is what must not happen');
  for (const value of [
    kelvin,
    '\u043aim@corp.example',
    '\uff4bim@corp.example',
    'k\u0131m@corp.example',
    'kim\u00a0@corp.example',
  ]) {
    t.equal(accountOf([BY_UPN], issuing.client(upn(value))), undefined, JSON.stringify(value));
  }
  const exact = { trust: 'corporate', match: { 'san.upn': 'kim@corp.example' }, account: 'kim' };
  t.equal(accountOf([exact], issuing.client(upn('Kim@corp.example'))), 'kim');
  t.equal(accountOf([exact], issuing.client(upn(kelvin))), undefined);
  const folded = { ...BY_CN, match: { subject: { CN: 'kim' } }, caseSensitive: false, account: 'kim' };
  t.equal(accountOf([folded], issuing.client({ cn: 'KIM' })), 'kim');
  t.equal(accountOf([folded], issuing.client({ cn: '\u212aim' })), undefined);
});

t.test('wildcards, white space and length in a value', async (t) => {
  t.equal(accountOf([BY_CN], issuing.client({ cn: 'Alice Smith' })), 'Alice Smith');
  t.equal(accountOf([BY_CN], issuing.client({ cn: 'a'.repeat(256) })), 'a'.repeat(256));
  t.ok(matchesWildcard('ops-*', 'ops-*'), 'an account that is a pattern would be taken for every account it matches');
  for (const cn of [
    'ops-*',
    'op?',
    'a\\b',
    ' admin',
    'admin ',
    'ad  min',
    'a\tb',
    '',
    ' ',
    '%61dmin',
    'a'.repeat(257),
  ]) {
    t.equal(accountOf([BY_CN], issuing.client({ cn })), undefined, JSON.stringify(cn));
  }
  const prefixed = { ...BY_CN, account: 'x-{cn}' };
  t.equal(accountOf([prefixed], issuing.client({ cn: 'a'.repeat(254) })), `x-${'a'.repeat(254)}`);
  t.equal(accountOf([prefixed], issuing.client({ cn: 'a'.repeat(255) })), undefined);
});

t.test('two values that together read like two others', async (t) => {
  const joined = { ...BY_CN, account: '{subject.O}/{cn}' };
  const client = (O: string, CN: string) =>
    issuing.client({
      subject: [
        { type: 'O', value: O },
        { type: 'CN', value: CN },
      ],
    });
  t.equal(accountOf([joined], client('acme', 'alice')), 'acme/alice');
  t.equal(accountOf([joined], client('acme', 'x/alice')), undefined);
  t.equal(accountOf([joined], client('acme/x', 'alice')), undefined);
  t.equal(accountOf([BY_CN], client('acme', 'x/alice')), 'x/alice', 'alone it is one value');
  for (const account of ['{subject.O}{cn}', '{subject.O}x{cn}', '{subject.O}1{cn}']) {
    t.match(problemsOf({ ...BY_CN, account }), [/between two values/], account);
  }
});

t.test('templates that no account could be made of do not compile', async (t) => {
  t.equal(compile([{ ...BY_CN, account: 'svc-{cn}' }]).length, 1);
  for (const account of ['{nobody}', '{subject.Nope}', '{}', '{cn', 'cn}', '{constructor}', '{{cn}}']) {
    t.match(problemsOf({ ...BY_CN, account }), [/^0\.account: /], account);
  }
  for (const account of ['a,b', 'a*', 'a?{cn}', ' a', 'a;{cn}', 'ä', 'a\n']) {
    t.match(problemsOf({ ...BY_CN, account }), [/an account name has ASCII letters/], account);
  }
});
