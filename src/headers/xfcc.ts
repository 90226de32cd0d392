// What does Envoy say of a client? One element of X-Forwarded-Client-Cert.

import type { CertificateFacts } from '../model/certificate.ts';
import { writePemUrl } from './certificate-text.ts';
import { type FieldValue, joinWithin } from './field.ts';
import { writeXfccName } from './name-dialects.ts';
import { encodeListItem } from './value-text.ts';

/**
 * `Hash=...;Cert="...";Chain="...";Subject="...";URI=...;DNS=...`, in Envoy's order. As there, Subject and at least one URI are
 * always written, if empty. `chain`: leaf first; undefined leaves the key out. By is left out: it is about the gateway.
 */
export function writeXfcc(
  leaf: CertificateFacts,
  chain: readonly CertificateFacts[] | undefined,
  maxBytes: number,
): FieldValue {
  const uris = namesOf(leaf, 'uri');
  const pairs = [
    `Hash=${leaf.fingerprint}`,
    `Cert="${writePemUrl(leaf)}"`,
    ...(chain === undefined ? [] : [`Chain="${chain.map(writePemUrl).join('')}"`]),
    `Subject="${writeXfccName(leaf.subject)}"`,
    ...(uris.length === 0 ? ['URI='] : uris.map((uri) => `URI=${uri}`)),
    ...namesOf(leaf, 'dns').map((host) => `DNS=${host}`),
  ];
  return joinWithin(pairs, (pair) => pair, ';', maxBytes);
}

function namesOf({ known }: CertificateFacts, kind: 'uri' | 'dns'): string[] {
  return (known.subjectAltNames ?? []).flatMap((name) => (name.kind === kind ? [encodeListItem(name.value)] : []));
}
