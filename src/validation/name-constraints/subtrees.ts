// Which names does a subtree span, and does this one lie in it? (RFC 5280 4.2.1.10)

import type { ConstrainedName, DistinguishedName } from '../../model/certificate.ts';
import { isWithinName } from '../../x509/name.ts';
import { summarizeName } from '../../x509/name-text.ts';
import { formOf, type NameValue, printable } from './claimed-names.ts';
import { type HostName, readHost, readMailbox, readPrincipal } from './hosts.ts';

/** `reach`: the host alone, all hosts below it, it and those below it, or all hosts there are. */
interface HostSpan extends HostName {
  readonly shape: 'host';
  readonly reach: 'itself' | 'below' | 'both' | 'everywhere';
}

type Span =
  | { readonly shape: 'directory'; readonly name: DistinguishedName }
  | { readonly shape: 'address'; readonly base: Uint8Array; readonly mask: Uint8Array }
  | HostSpan;

export interface Subtree {
  readonly form: string;
  /** For notes: printable ASCII. */
  readonly text: string;
  /** undefined: malformed, or of a form that is not understood. */
  readonly span: Span | undefined;
}

export function readSubtree(base: ConstrainedName): Subtree {
  const form = formOf(base);
  switch (base.kind) {
    case 'dns':
      return { form, text: textOf(base.value), span: readDomain(base.value, 'both') };
    case 'uri':
      return { form, text: textOf(base.value), span: readDomain(base.value, 'itself') };
    case 'email':
      return { form, text: textOf(base.value), span: readAddress(base.value, readMailbox) };
    case 'upn':
      return { form, text: textOf(base.value), span: readAddress(base.value, readPrincipal) };
    case 'ip':
      return { form, text: base.value, span: readRange(base.bytes) };
    case 'directoryName':
      return { form, text: textOf(summarizeName(base.name)), span: { shape: 'directory', name: base.name } };
    case 'registeredId':
    case 'other':
      return { form, text: 'of its kind', span: undefined };
  }
}

function textOf(text: string): string {
  return text === '' ? 'of everything' : printable(text);
}

/**
 * A domain. A leading dot, which the RFC has for URIs and mail only, is what many authorities write for DNS names too;
 * it is read as there: what is below, but not the domain itself (as in OpenSSL).
 */
function readDomain(text: string, reach: 'itself' | 'both'): Span | undefined {
  if (text === '') return { shape: 'host', host: '', local: undefined, reach: 'everywhere' };
  return text.startsWith('.') ? spanOf(readHost(text.slice(1)), 'below') : spanOf(readHost(text), reach);
}

/** One mailbox or principal, all of a host (`host` or, as Windows writes it, `@host`), or all below a domain (`.domain`). */
function readAddress(text: string, read: (text: string) => HostName | undefined): Span | undefined {
  if (!text.includes('@')) return readDomain(text, 'itself');
  if (text.startsWith('@')) return spanOf(readHost(text.slice(1)), 'itself');
  const address = read(text);
  return address && spanOf(address.host, 'itself', address.local);
}

function spanOf(host: string | undefined, reach: HostSpan['reach'], local?: string): Span | undefined {
  return host === undefined ? undefined : { shape: 'host', host, local, reach };
}

/** Address and mask in the manner of RFC 4632: ones, then zeros. */
function readRange(bytes: Uint8Array): Span | undefined {
  const half = bytes.length / 2;
  const mask = bytes.subarray(half);
  const bits = Array.from(mask, (octet) => octet.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? { shape: 'address', base: bytes.subarray(0, half), mask } : undefined;
}

/** `partly`: a wildcard of which some names lie inside. `unclear`: one of the two cannot be read. */
export type Relation = 'inside' | 'partly' | 'outside' | 'unclear';

/** Of a name and a subtree of the same form. */
export function relate(value: NameValue | undefined, { span }: Subtree): Relation {
  if (value === undefined || span === undefined) return 'unclear';
  switch (value.shape) {
    case 'directory':
      return span.shape === 'directory' && isWithinName(value.name, span.name) ? 'inside' : 'outside';
    case 'address':
      return span.shape === 'address' && isInRange(value.bytes, span.base, span.mask) ? 'inside' : 'outside';
    case 'host':
      return span.shape === 'host' ? relateHosts(value, span) : 'outside';
  }
}

/** An address of the other family is in no range. */
function isInRange(address: Uint8Array, base: Uint8Array, mask: Uint8Array): boolean {
  return (
    address.length === base.length &&
    mask.every((ones, index) => (((address[index] ?? 0) ^ (base[index] ?? 0)) & ones) === 0)
  );
}

function relateHosts({ host, local }: HostName, span: HostSpan): Relation {
  if (span.reach === 'everywhere') return 'inside';
  if (span.local !== undefined && span.local !== local) {
    // RFC 5321 2.4: only its host knows whether the case of a mailbox matters. Rules and mappings here fold it.
    return host === span.host && local?.toLowerCase() === span.local.toLowerCase() ? 'unclear' : 'outside';
  }
  if (span.reach !== 'below' && host === span.host) return 'inside';
  if (span.reach !== 'itself' && host.endsWith(`.${span.host}`)) return 'inside';
  return isMetByWildcard(host, span) ? 'partly' : 'outside';
}

/** `*.example` stands for each name with one label more (RFC 9525 6.3): for `a.example`, not for `b.a.example`. */
function isMetByWildcard(host: string, span: HostSpan): boolean {
  if (!host.startsWith('*.') || span.reach === 'below') return false;
  const firstDot = span.host.indexOf('.');
  return firstDot > 0 && span.host.slice(firstDot) === host.slice(1);
}
