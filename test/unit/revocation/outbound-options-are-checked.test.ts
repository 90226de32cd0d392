// How the outside is asked is said by options, and what makes no sense there is an error.

import t from 'tap';
import { revocationOptions } from '../../../src/revocation/options.ts';

t.test('what is not said has a default', async (t) => {
  t.match(revocationOptions.parse({}), {
    order: ['crl', 'ocsp'],
    proxy: undefined,
    timeLimit: 2000,
    maxListBytes: 100 * 1024 * 1024,
    refresh: 3_600_000,
    ocspMethod: 'post',
    nonce: false,
  });
});

t.test('good values and bad ones', async (t) => {
  const rows: Readonly<Record<string, { good: readonly unknown[]; bad: readonly unknown[] }>> = {
    order: { good: [['crl'], ['ocsp'], ['ocsp', 'crl']], bad: [[], ['crl', 'crl'], ['ldap'], 'crl'] },
    proxy: {
      good: ['http://proxy.example:3128', 'http://[2001:db8::1]:8080/'],
      bad: [
        'https://proxy.example',
        'socks5://proxy.example',
        'http://user:secret@proxy.example',
        'proxy.example:3128',
      ],
    },
    timeLimit: { good: ['500ms', '2s'], bad: ['0s', '30d', 2] },
    maxListBytes: { good: ['1B', '1GiB'], bad: ['0B', '10MB', 10] },
    refresh: { good: ['10m'], bad: ['0s', '60d'] },
    ocspMethod: { good: ['post', 'get'], bad: ['POST', 'put'] },
    nonce: { good: [true, false], bad: ['yes'] },
  };
  for (const [key, { good, bad }] of Object.entries(rows)) {
    for (const value of good) t.ok(revocationOptions.safeParse({ [key]: value }).success, `${key}: ${value}`);
    for (const value of bad) t.notOk(revocationOptions.safeParse({ [key]: value }).success, `${key}: ${value}`);
  }
});
