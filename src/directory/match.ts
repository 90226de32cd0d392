// By what is a certificate known again? One text for each way, which is stored, and is what look-ups go by.

import type { CertificateFacts } from '../model/certificate.ts';
import type { BlockMatch, CertificateMatch, CredentialMatch } from '../model/client.ts';

/** Equal for two matches exactly when they mean the same certificates or account. */
export function formatMatch(match: CredentialMatch | BlockMatch): string {
  switch (match.kind) {
    case 'issuer-serial':
      return `issuer-serial:${match.issuerSpki}:${match.serial}`;
    case 'spki':
      return `spki:${match.spki}`;
    case 'tbs':
      return `tbs:${match.tbs}`;
    case 'fingerprint':
      return `fingerprint:${match.fingerprint}`;
    case 'account':
      return `account:${match.account}`;
  }
}

/** Throws for what formatMatch does not write: a database that holds it is not ours. */
export function parseCredentialMatch(text: string): CredentialMatch {
  const [kind, rest] = split(text);
  if (kind === 'fingerprint') return { kind, fingerprint: rest };
  return parseCertificateMatch(text);
}

/** Throws as parseCredentialMatch does. */
export function parseBlockMatch(text: string): BlockMatch {
  const [kind, rest] = split(text);
  if (kind === 'account') return { kind, account: rest };
  return parseCertificateMatch(text);
}

function parseCertificateMatch(text: string): CertificateMatch {
  const [kind, rest] = split(text);
  if (kind === 'spki') return { kind, spki: rest };
  if (kind === 'tbs') return { kind, tbs: rest };
  const [issuerSpki, serial] = split(rest);
  if (kind === 'issuer-serial' && serial !== '') return { kind, issuerSpki, serial };
  throw new Error(`the database of clients holds an unknown kind of match: ${text.slice(0, 100)}`);
}

function split(text: string): [string, string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Every text by which a verified certificate may be known, the most exact first. `issuerSpki` is its issuer's key hash. */
export function matchTextsOf(leaf: CertificateFacts, issuerSpki: string): readonly string[] {
  return [
    formatMatch({ kind: 'issuer-serial', issuerSpki, serial: leaf.serial }),
    formatMatch({ kind: 'tbs', tbs: leaf.tbsHash }),
    formatMatch({ kind: 'fingerprint', fingerprint: leaf.fingerprint }),
    formatMatch({ kind: 'spki', spki: leaf.publicKey.spkiHash }),
  ];
}
