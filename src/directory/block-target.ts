// What is blocked when somebody names a certificate? Never its fingerprint: of every ECDSA signature there is a twin, and
// so of every certificate.

import type { CertificateMatch, Credential } from '../model/client.ts';
import type { NewCredential } from './changes.ts';
import { formatMatch } from './match.ts';
import type { DirectoryStore } from './store.ts';

export interface BlockTarget {
  readonly match: CertificateMatch;
  readonly issuerName: string | undefined;
}

/** A flaw where nothing is known that could be blocked; `account`: whose certificate it would be. Rejects as the store does. */
export async function findBlockTarget(
  { match, issuerName }: NewCredential,
  store: DirectoryStore,
): Promise<BlockTarget | { readonly flaw: 'unknown' | 'never-seen'; readonly account: string | undefined }> {
  if (match.kind !== 'fingerprint') return { match, issuerName };
  const { fingerprint } = match;
  const found: Credential[] = [];
  await store.load(undefined, ({ credentials }) => {
    const knows = (each: Credential) =>
      each.fingerprint === fingerprint || formatMatch(each.match) === formatMatch(match);
    found.push(...credentials.filter(knows));
  });
  for (const credential of found) {
    if (credential.match.kind !== 'fingerprint') return { match: credential.match, issuerName: credential.issuerName };
  }
  const [seen] = await store.readCertificates({ fingerprint, limit: 1 });
  if (seen !== undefined) {
    const { issuerSpki, serial, issuer } = seen;
    return { match: { kind: 'issuer-serial', issuerSpki, serial }, issuerName: issuer };
  }
  const [unbound] = found;
  return { flaw: unbound === undefined ? 'unknown' : 'never-seen', account: unbound?.account };
}
