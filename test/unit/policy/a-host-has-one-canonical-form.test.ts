// Two spellings of a host lead to one site, and what is not plainly a host has no form.

import t from 'tap';
import { canonicalAuthority, canonicalHost } from '../../../src/policy/canonical-host.ts';
import { createHostTable } from '../../../src/policy/host-table.ts';

t.test('hosts', async (t) => {
  const long = `${'a'.repeat(63)}.`.repeat(3);
  for (const [text, canonical] of [
    ['app.example', 'app.example'],
    ['APP.Example', 'app.example'],
    ['app.example.', 'app.example'],
    ['localhost', 'localhost'],
    ['a_b-c.example', 'a_b-c.example'],
    ['127.0.0.1', '127.0.0.1'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['[::1]', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['[2001:DB8::A]', '[2001:db8::a]'],
    [`${long}${'a'.repeat(61)}`, `${long}${'a'.repeat(61)}`],
  ] as const) {
    t.equal(canonicalHost(text), canonical, text);
  }
  for (const text of [
    '',
    '.',
    'a..b',
    '.a',
    'a..',
    'a b',
    ' a',
    'a\t',
    'a,b',
    'a/b',
    'a@b',
    'user@a',
    'a%2eb',
    'bücher.example',
    'a\0',
    '*',
    '*.example',
    '::1',
    '[::1',
    '[::1]x',
    '[fe80::1%25eth0]',
    '[127.0.0.1]',
    '[]',
    'a'.repeat(64),
    `${long}${'a'.repeat(62)}`,
  ]) {
    t.equal(canonicalHost(text), undefined, JSON.stringify(text));
  }
});

t.test('hosts with a port', async (t) => {
  for (const [text, host, authority] of [
    ['App.example:443', 'app.example', 'app.example'],
    ['app.example.:8443', 'app.example', 'app.example:8443'],
    ['app.example:00443', 'app.example', 'app.example'],
    ['[::1]:8443', '[::1]', '[::1]:8443'],
    ['app.example', 'app.example', 'app.example'],
    ['a:80', 'a', 'a:80'],
  ] as const) {
    t.strictSame(canonicalAuthority(text), { host, authority }, text);
  }
  for (const text of [
    '',
    ':443',
    'a:',
    'a:0',
    'a:65536',
    'a:-1',
    'a:1:2',
    'a:b',
    'a:443 ',
    'a: 443',
    'a:000443',
    '::1:443',
  ]) {
    t.equal(canonicalAuthority(text), undefined, JSON.stringify(text));
  }
});

t.test('the most exact entry of a table wins', async (t) => {
  const table = createHostTable([
    ['*', 'any'],
    ['*.example', 'one label'],
    ['app.example', 'exact'],
    ['*.app.example', 'below app'],
  ]);
  for (const [host, found] of [
    ['app.example', 'exact'],
    ['other.example', 'one label'],
    ['x.app.example', 'below app'],
    ['x.other.example', 'any'],
    ['example', 'any'],
    ['localhost', 'any'],
  ] as const) {
    t.equal(table.find(host), found, host);
  }
  const narrow = createHostTable([['*.example', 1]]);
  t.equal(narrow.find('example'), undefined);
  t.equal(narrow.find('a.b.example'), undefined, 'the star is one label');
  t.equal(narrow.find('.example'), undefined);
});
