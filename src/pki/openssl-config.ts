// How does OpenSSL ask for the same certificate? The configuration of `openssl req -new`.

import { UPN_OID } from '../x509/general-names.ts';
import type { AlternativeName } from './names.ts';
import type { Wish } from './request.ts';

export function writeOpensslConfig({ commonName, purpose, alternativeNames }: Wish): string {
  const lines = [
    '# openssl req -new -config NAME.cnf -key NAME.key -out NAME.csr',
    '[req]',
    'prompt = no',
    'utf8 = yes',
    'string_mask = utf8only',
    'default_md = sha256',
    'distinguished_name = subject',
    'req_extensions = extensions',
    '',
    '[subject]',
    `CN = ${quote(commonName)}`,
    '',
    '[extensions]',
    'keyUsage = critical, digitalSignature',
    `extendedKeyUsage = ${purpose}`,
  ];
  if (alternativeNames.length > 0) {
    lines.push('subjectAltName = @names', '', '[names]', ...alternativeNames.map(formatName));
  }
  return `${lines.join('\n')}\n`;
}

/** The number makes the keys of the section different; OpenSSL looks at what stands before the dot. */
function formatName({ kind, value }: AlternativeName, index: number): string {
  const number = index + 1;
  switch (kind) {
    case 'dns':
      return `DNS.${number} = ${quote(value)}`;
    case 'email':
      return `email.${number} = ${quote(value)}`;
    case 'uri':
      return `URI.${number} = ${quote(value)}`;
    case 'ip':
      return `IP.${number} = ${value}`;
    case 'upn':
      // Without the format the octets of the value would be taken for Latin-1 (ASN1_generate_nconf(3)).
      return `otherName.${number} = ${UPN_OID};FORMAT:UTF8,UTF8:${quote(value)}`;
  }
}

/** In quotation marks nothing but they and the backslash means anything (config(5)), and spaces at the ends stay. */
function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
