// Target: addresses of lists and responders that a certificate names, before anybody is asked.

import { findObjection, nameAddress, readWebAddress } from '../../../src/revocation/web-address.ts';
import { mustBe, type Target } from '../target.ts';

const ALLOWED: readonly string[] = ['crl.example', '*.ocsp.example', 'ports.example:8080', '192.0.2.1'];
/** What a host has to be, by what an entry allows. */
const MAY_BE = /^(crl\.example|[a-z0-9_-]+\.ocsp\.example|ports\.example|192\.0\.2\.1)$/;

const SEEDS = [
  'http://crl.example/a.crl?x#y',
  'https://a.ocsp.example:443/',
  'http://ports.example:8080/a%2fb',
  'http://192.0.2.1/',
  'http://[::1]/',
  'ldap://crl.example/cn=a',
  'http://user:word@crl.example/',
  'http://0x7f.1/',
  'HTTP:\\\\crl.example\\a',
];

export function addressTarget(): Target {
  return {
    name: 'address',
    shape: 'text',
    maxBytes: 4096,
    seeds: SEEDS.map((text) => Buffer.from(text)),
    run: (input) => {
      const text = Buffer.from(input).toString('latin1');
      const url = readWebAddress(text);
      const objection = findObjection(text, ALLOWED);
      const named = nameAddress(text);
      mustBe(
        named.length <= 200 && /^[\x20-\x7e]*$/.test(named),
        'the log names an address in plain text',
        () => named,
      );
      if (objection !== undefined) return `${url === undefined} ${objection}`;
      const host = url?.hostname.replace(/\.$/, '') ?? '';
      mustBe(MAY_BE.test(host), 'nobody is asked who is not listed', () => host);
      const isDefaultPort = url?.port === '' || host === 'ports.example';
      mustBe(isDefaultPort, 'nobody is asked at another port', () => `${url?.host}`);
      mustBe(url?.username === '' && url.password === '', 'nobody is sent a password');
      return `${url?.protocol} ${host === 'crl.example'}`;
    },
  };
}
