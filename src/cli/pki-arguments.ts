// Which texts may be the names and dates of a new certificate?

import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { AlternativeName } from '../pki/names.ts';

/** RFC 5280 appendix A: ub-common-name. */
export const LONGEST_COMMON_NAME = 64;
/** A hundred years: more is a slip of the keyboard, and four-digit years end. */
const MOST_DAYS = 36_500;

const DNS_NAME = /^(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i;
const LONGEST_DNS_NAME = 253;

/** What is no IP address must be a DNS name; its leftmost label may be `*`. */
export function readHost(text: string): AlternativeName {
  if (isIP(text) !== 0 && !text.includes('%')) return { kind: 'ip', value: text };
  if (isDnsName(text)) return { kind: 'dns', value: text };
  throw new InvalidArgumentError(`"${text}" is neither a DNS name nor an IP address.`);
}

export function readCommonName(text: string): string {
  return readName(text, LONGEST_COMMON_NAME);
}

/** Leaves room for what is put behind it in the common names of the authority's certificates. */
export function readAuthorityName(text: string): string {
  return readName(text, LONGEST_COMMON_NAME - ' Issuing CA'.length);
}

function readName(text: string, longest: number): string {
  if (/^\P{Cc}+$/u.test(text) && text.trim() !== '' && text.length <= longest) return text;
  throw new InvalidArgumentError(`expected 1 to ${longest} printable characters.`);
}

export function readDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MOST_DAYS) return days;
  throw new InvalidArgumentError(`expected a whole number of days, at most ${MOST_DAYS}.`);
}

export type ClientNameKind = 'dns' | 'uri' | 'email' | 'upn';

const EXPECTED: Readonly<Record<ClientNameKind, readonly [(text: string) => boolean, string]>> = {
  dns: [isDnsName, 'a DNS name such as client.example'],
  uri: [isUri, 'a URI such as spiffe://example/client'],
  email: [(text) => /^[!-?A-~]+@[!-?A-~]+$/.test(text), 'an address such as alice@corp.example'],
  upn: [(text) => /^[^\s\p{Cc}@]+@[^\s\p{Cc}@]+$/u.test(text), 'a name such as alice@corp.example'],
};

export function readClientName(kind: ClientNameKind, text: string): string {
  const [isGood, expected] = EXPECTED[kind];
  if (isGood(text)) return text;
  throw new InvalidArgumentError(`expected ${expected}.`);
}

/** [MS-DTYP] 2.4.2.1: revision 1, an authority of 48 bits, 1 to 15 further numbers of 32 bits. */
export function readSid(text: string): string {
  if (/^S-1-\d{1,15}(-\d{1,10}){1,15}$/.test(text)) return text;
  throw new InvalidArgumentError('expected a security identifier such as S-1-5-21-1-2-3-1104.');
}

function isDnsName(text: string): boolean {
  return text.length <= LONGEST_DNS_NAME && DNS_NAME.test(text);
}

/** RFC 5280 4.2.1.6: absolute, and of ASCII only. */
function isUri(text: string): boolean {
  return /^[!-~]+$/.test(text) && URL.canParse(text);
}
