// A certificate names addresses; the owner of the gateway says which hosts may be asked.

import t from 'tap';
import { silentLog } from '../../../src/model/log.ts';
import { revocationOptions } from '../../../src/revocation/options.ts';
import { createSkipNotes } from '../../../src/revocation/skipped-addresses.ts';
import { findObjection, nameAddress } from '../../../src/revocation/web-address.ts';

const LIST = ['pki.example', '*.crl.example', 'odd.example:8080', '192.0.2.7', '[2001:DB8::1]', '[2001:db8::2]:8080'];
const HOST = /allowHosts/;
const KIND = /no http or https address/;

t.test('addresses at listed hosts', async (t) => {
  const allowed = [
    'http://pki.example/ca.crl',
    'https://pki.example/ca.crl?x=1',
    'HTTP://PKI.Example/',
    'http://pki.example:80/',
    'https://pki.example:443/',
    'http://pki.example./',
    'http://@pki.example/',
    'http://a.crl.example/',
    'http://odd.example:8080/',
    'https://odd.example:8080/',
    'http://192.0.2.7/',
    'http://[2001:db8::1]/',
    'http://[2001:DB8:0:0::1]/',
    'http://[2001:db8::2]:8080/',
  ];
  for (const url of allowed) t.equal(findObjection(url, LIST), undefined, url);
});

t.test('and others', async (t) => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['http://other.example/', HOST],
    ['http://pki.example.evil.test/', HOST],
    ['http://evilpki.example/', HOST],
    ['http://sub.pki.example/', HOST],
    ['http://crl.example/', HOST],
    ['http://a.b.crl.example/', HOST],
    ['http://pki.example:8080/', HOST],
    ['http://pki.example:443/', HOST],
    ['https://pki.example:80/', HOST],
    ['http://odd.example/', HOST],
    ['http://odd.example:80/', HOST],
    ['http://192.0.2.8/', HOST],
    ['http://192.0.2.7:8080/', HOST],
    ['http://[2001:db8::3]/', HOST],
    ['http://[2001:db8::2]/', HOST],
    ['http://[::ffff:192.0.2.7]/', HOST],
    ['http://127.0.0.1/', HOST],
    ['http://169.254.169.254/latest/', HOST],
    ['http://2130706433/', HOST],
    ['http://evil.test#pki.example/', HOST],
    ['http://evil.test/pki.example', HOST],
    ['http://evil.test\\pki.example/', HOST],
    ['http://pki.example@evil.test/', KIND],
    ['http://pki.example:80@evil.test/', KIND],
    ['http://evil.test@pki.example/', KIND],
    ['http://:secret@pki.example/', KIND],
    ['ldap:///CN=CA,CN=CDP?certificateRevocationList?base', KIND],
    ['ldap://pki.example/CN=CA', KIND],
    ['file:///etc/passwd', KIND],
    ['file://pki.example/ca.crl', KIND],
    ['ftp://pki.example/ca.crl', KIND],
    ['gopher://pki.example/', KIND],
    ['javascript:alert(1)', KIND],
    ['//pki.example/', KIND],
    ['pki.example', KIND],
    ['http://', KIND],
    ['', KIND],
  ];
  for (const [url, why] of rows) t.match(findObjection(url, LIST), why, url);
});

t.test('what is compared is what is connected to', async (t) => {
  t.equal(new URL('http://pki.example\\@evil.test/').hostname, 'pki.example', 'as browsers read it');
  t.equal(findObjection('http://pki.example\\@evil.test/', LIST), undefined);
  t.match(findObjection('http://evil.test\\@pki.example/', LIST), HOST);
  t.equal(findObjection('http://3221225991/', LIST), undefined, '192.0.2.7 in another spelling');
});

t.test('an address has to be listed itself', async (t) => {
  t.equal(findObjection('http://10.0.2.7/', ['10.0.2.7']), undefined);
  t.match(findObjection('http://10.0.2.7/', ['*.0.2.7']), HOST, 'no wildcard stands for a part of it');
  t.match(findObjection('http://pki.example/', []), HOST, 'and without a list there is nobody to ask');
});

t.test('entries of the list are checked', async (t) => {
  t.ok(revocationOptions.safeParse({ allowHosts: LIST }).success);
  const bad = [
    'http://pki.example/',
    'pki.example/',
    'user@pki.example',
    '*',
    '*.',
    'a.*.example',
    'pki example',
    '::1',
  ];
  for (const entry of [...bad, '', 'pki.example:', 'pki.example:port', '[::1', 'pki..example']) {
    t.notOk(revocationOptions.safeParse({ allowHosts: [entry] }).success, entry);
  }
});

t.test('names for the log hold no secrets, and end', async (t) => {
  t.equal(
    nameAddress('https://user:secret@pki.example:8443/ca.crl?token=secret#secret'),
    'https://pki.example:8443/ca.crl',
  );
  t.equal(nameAddress('ldap:///CN=CA,CN=CDP?certificateRevocationList?base'), 'ldap:///CN=CA,CN=CDP');
  t.equal(nameAddress('not an address'), 'an address that cannot be read');
  t.equal(nameAddress(`http://pki.example/${'x'.repeat(1000)}`).length, 200);
});

t.test('a skipped address is noted once, and not without end', async (t) => {
  const lines: object[] = [];
  const note = createSkipNotes({ ...silentLog, info: (fields) => lines.push(fields) });
  for (let times = 0; times < 3; times++) note('ldap:///CN=CA?x', 'why');
  t.strictSame(lines, [{ address: 'ldap:///CN=CA', why: 'why' }]);
  for (let number = 0; number < 1000; number++) note(`ldap:///CN=${number}`, 'why');
  t.equal(lines.length, 256);
});
