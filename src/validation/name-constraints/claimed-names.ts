// Which names does a certificate claim, ready to be compared with subtrees?

import type { CertificateFacts, DistinguishedName, GeneralName } from '../../model/certificate.ts';
import { attributeOid, summarizeName } from '../../x509/name-text.ts';
import { type HostName, readDnsName, readHost, readMailbox, readPrincipal, readUriHost } from './hosts.ts';

/** What is compared: each with a span of the same shape (subtrees.ts). */
export type NameValue =
  | { readonly shape: 'directory'; readonly name: DistinguishedName }
  | { readonly shape: 'address'; readonly bytes: Uint8Array }
  | ({ readonly shape: 'host' } & HostName);

export interface ClaimedName {
  /** Names and subtrees of different forms have nothing to do with each other. */
  readonly form: string;
  /** For notes: printable ASCII. */
  readonly text: string;
  /** undefined: malformed, or of a form that is not understood. It meets no constraint of its form. */
  readonly value: NameValue | undefined;
}

const COMMON_NAME = attributeOid('CN');
const EMAIL_ADDRESS = attributeOid('emailAddress');

/** RFC 9598: a mail address beyond ASCII. Constraints on mail addresses are for it too (section 6). */
const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9';

const LONGEST_TEXT = 200;

/** `isFinal`: the end of the path, whose common name may be taken for a host. */
export function claimedNames(certificate: CertificateFacts, isFinal: boolean): ClaimedName[] {
  const { subject, known } = certificate;
  const names = (known.subjectAltNames ?? []).map(fromGeneralName);
  const hasHost = known.subjectAltNames?.some(({ kind }) => kind === 'dns') === true;
  const attributes = subject.rdns.flat();
  // RFC 5280 4.2.1.10: an empty subject is no name.
  if (attributes.length > 0) names.push(fromDirectoryName(subject));
  for (const { type, value } of attributes) {
    // RFC 5280 4.2.1.10 asks for this where there are no alternative names; OpenSSL does it always, and who maps
    // clients by this attribute looks at no other.
    if (type === EMAIL_ADDRESS) names.push(fromHost('email', value ?? '', readMailbox));
    // Not in the RFC: without a host among the alternative names the common name is what is read, and OpenSSL
    // constrains it as a host.
    else if (type === COMMON_NAME && isFinal && !hasHost && looksLikeHost(value)) {
      names.push(fromHost('dns', value, readDnsName));
    }
  }
  return names;
}

/** The form of a name or of a subtree's base. */
export function formOf(name: GeneralName): string {
  if (name.kind !== 'other') return name.kind;
  return name.type === SMTP_UTF8_MAILBOX ? 'email' : name.type;
}

/** Cut, and without what would not print. */
export function printable(text: string): string {
  return text.slice(0, LONGEST_TEXT).replace(/[^\x20-\x7e]/g, '?');
}

function fromGeneralName(name: GeneralName): ClaimedName {
  switch (name.kind) {
    case 'dns':
      return fromHost('dns', name.value, readDnsName);
    case 'email':
      return fromHost('email', name.value, readMailbox);
    case 'upn':
      return fromHost('upn', name.value, readPrincipal);
    case 'uri':
      return fromHost('uri', name.value, readUriHost);
    case 'ip':
      return { form: 'ip', text: name.value, value: { shape: 'address', bytes: name.bytes } };
    case 'directoryName':
      return fromDirectoryName(name.name);
    case 'registeredId':
    case 'other':
      return { form: formOf(name), text: '', value: undefined };
  }
}

function fromDirectoryName(name: DistinguishedName): ClaimedName {
  return { form: 'directoryName', text: summarizeName(name), value: { shape: 'directory', name } };
}

function fromHost(form: string, text: string, read: (text: string) => HostName | undefined): ClaimedName {
  const host = read(text);
  return { form, text: printable(text), value: host && { shape: 'host', ...host } };
}

function looksLikeHost(text: string | undefined): text is string {
  return text?.includes('.') === true && readHost(text) !== undefined;
}
