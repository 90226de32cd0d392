// How does Windows ask for the same certificate? The INF file of `certreq -new`.

import { PURPOSE } from './extensions.ts';
import type { KeyKind } from './keys.ts';
import type { AlternativeName } from './names.ts';
import type { Wish } from './request.ts';

const KEYS: Readonly<Record<KeyKind, readonly string[]>> = {
  ec: ['KeyAlgorithm = ECDSA_P256', 'KeyLength = 256'],
  rsa: ['KeyAlgorithm = RSA', 'KeyLength = 3072'],
};

const NAME_TYPES: Readonly<Record<AlternativeName['kind'], string>> = {
  dns: 'DNS',
  email: 'EMail',
  uri: 'URL',
  ip: 'IPAddress',
  upn: 'UPN',
};

/**
 * Lines end as on Windows. Undefined when a name holds what certreq's notation of alternative names has no way to write:
 * `&`, which separates them, and quotation marks.
 */
export function writeCertreqInf(wish: Wish, key: KeyKind): string | undefined {
  const { commonName, purpose, alternativeNames } = wish;
  if (alternativeNames.some(({ value }) => /[&"]/.test(value))) return undefined;
  const lines = [
    '; certreq -new NAME.inf NAME.csr',
    '[Version]',
    'Signature = "$Windows NT$"',
    '',
    '[NewRequest]',
    `Subject = ${quote(`CN=${quoteX500(commonName)}`)}`,
    ...KEYS[key],
    'HashAlgorithm = SHA256',
    'ProviderName = "Microsoft Software Key Storage Provider"',
    // A server's key belongs to the machine, a client's to its user.
    `MachineKeySet = ${purpose === 'serverAuth' ? 'TRUE' : 'FALSE'}`,
    'RequestType = PKCS10',
    // CERT_DIGITAL_SIGNATURE_KEY_USAGE.
    'KeyUsage = 0x80',
    '',
    '[EnhancedKeyUsageExtension]',
    `OID = ${PURPOSE[purpose]}`,
  ];
  if (alternativeNames.length > 0) {
    lines.push('', '[Extensions]', '2.5.29.17 = "{text}"');
    for (const { kind, value } of alternativeNames)
      lines.push(`_continue_ = ${quote(`${NAME_TYPES[kind]}=${value}&`)}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** A string of an INF file, where `"` is doubled, and `%`, which begins a reference, too. */
function quote(text: string): string {
  return `"${text.replace(/["%]/g, '$&$&')}"`;
}

/** A value in an X.500 string as Windows reads it: in quotation marks where it has special characters. */
function quoteX500(value: string): string {
  return /[,+="<>#;\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
