// How are the alternative names of a certificate listed?

import type { GeneralName } from '../model/certificate.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { type Field, joinWithin, ofCertificate } from './field.ts';
import { encodeListItem } from './value-text.ts';

/** All names that have a text form, each behind its kind. */
export function ofAllNames(meaning: string): Field {
  return ofCertificate(meaning, (leaf, maxBytes) =>
    joinWithin(leaf.known.subjectAltNames ?? [], writeLabelledName, ', ', maxBytes),
  );
}

/** The names of one kind. */
export function ofNames(what: string, kind: 'dns' | 'uri' | 'email' | 'ip' | 'upn'): Field {
  const writeItem = (name: GeneralName) => (name.kind === kind ? encodeListItem(name.value) : undefined);
  return ofCertificate(`alternative names: the ${what}, \`, \` between them`, (leaf, maxBytes) =>
    joinWithin(leaf.known.subjectAltNames ?? [], writeItem, ', ', maxBytes),
  );
}

function writeLabelledName(name: GeneralName): string | undefined {
  switch (name.kind) {
    case 'dns':
      return `DNS:${encodeListItem(name.value)}`;
    case 'uri':
      return `URI:${encodeListItem(name.value)}`;
    case 'email':
      return `email:${encodeListItem(name.value)}`;
    case 'upn':
      return `UPN:${encodeListItem(name.value)}`;
    case 'ip':
      return `IP:${encodeListItem(name.value)}`;
    case 'directoryName':
      return `DirName:${encodeListItem(formatRfc4514(name.name))}`;
    case 'registeredId':
      return `RID:${encodeListItem(name.value)}`;
    case 'other': // has no text form that anybody reads
      return undefined;
  }
}
