// How do tests write name constraints and names of every form?

import { isIPv4 } from 'node:net';
import { context, encode, oid, sequence, utf8String } from '../../../src/x509/der-writer.ts';
import { encodeTestName, type TestExtension, type TestName } from '../../kit/pki.ts';

/** Form and text; `bytes` for what has no text, such as a broken address or another type. A `dn` is a name. */
export type TestBase =
  | readonly ['dns' | 'email' | 'uri' | 'upn' | 'ip', string]
  | readonly ['bytes', Uint8Array]
  | readonly ['dn', TestName];

export interface TestConstraints {
  readonly permitted?: readonly TestBase[];
  readonly excluded?: readonly TestBase[];
  readonly critical?: boolean;
}

/** The extension of an authority. */
export function nameConstraints({ permitted, excluded, critical = true }: TestConstraints): TestExtension {
  const subtrees = (bases: readonly TestBase[]) => bases.map((base) => sequence(encodeBase(base)));
  const value = sequence(
    ...(permitted ? [context(0, ...subtrees(permitted))] : []),
    ...(excluded ? [context(1, ...subtrees(excluded))] : []),
  );
  return { oid: '2.5.29.30', critical, value };
}

/** A subjectAltName with such names. */
export function names(...claimed: readonly TestBase[]): TestExtension {
  return { oid: '2.5.29.17', value: sequence(...claimed.map(encodeBase)) };
}

const TAGS = { email: 0x81, dns: 0x82, uri: 0x86 } as const;

/** An IP address alone, or with a mask behind `/`. */
function encodeBase(base: TestBase): Uint8Array {
  switch (base[0]) {
    case 'bytes':
      return base[1];
    case 'dn':
      return context(4, encodeTestName(base[1]));
    case 'upn':
      return otherName('1.3.6.1.4.1.311.20.2.3', utf8String(base[1]));
    case 'ip':
      return encode(0x87, Buffer.concat(base[1].split('/').map(octetsOf)));
    default:
      return encode(TAGS[base[0]], Buffer.from(base[1], 'latin1'));
  }
}

export function otherName(type: string, value: Uint8Array): Uint8Array {
  return context(0, oid(type), context(0, value));
}

/** IPv6 written in full: eight groups. */
function octetsOf(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number));
  return Buffer.from(
    address
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(''),
    'hex',
  );
}
