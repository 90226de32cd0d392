// Is what an address has sent a file of revocation lists, and who has signed them?

import { hash } from 'node:crypto';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import type { FileCrl, FileProblem } from '../x509/files.ts';
import { type GenuineList, MAX_LISTS } from './adopt-lists.ts';
import { checkCrlSignatures } from './crl-signature.ts';
import { isIssuedBy } from './usable-crl.ts';

/** The lists of a PEM, DER or PKCS#7 file, read in a way that does not hold up requests. */
export type ReadLists = (
  bytes: Uint8Array,
  limits: { readonly most: number },
) => Promise<{ readonly crls: readonly FileCrl[]; readonly problems: readonly FileProblem[] }>;

export type SentLists =
  | { readonly ok: true; readonly lists: readonly GenuineList[] }
  | { readonly ok: false; readonly why: string };

/** issuingDistributionPoint and deltaCRLIndicator (RFC 5280 5.2.4, 5.2.5): what else a list covers than all. */
const SCOPE: readonly string[] = ['2.5.29.28', '2.5.29.27'];

/** Half a file is no file: lists that came with something unreadable are not taken either. */
export async function findGenuineLists(
  bytes: Uint8Array,
  readLists: ReadLists,
  authorities: readonly CertificateFacts[],
): Promise<SentLists> {
  const { crls, problems } = await readLists(bytes, { most: MAX_LISTS + 1 });
  if (problems[0] !== undefined) return { ok: false, why: `what came is no revocation list: ${problems[0].message}` };
  if (crls.length > MAX_LISTS) return { ok: false, why: `more than ${MAX_LISTS} lists came` };
  await checkCrlSignatures(
    crls.map(({ facts }) => facts),
    authorities,
  );
  const lists = crls.flatMap(({ facts }) => recognizeList(facts, authorities) ?? []);
  return lists.length > 0 ? { ok: true, lists } : { ok: false, why: 'no authority known here has signed what came' };
}

/**
 * undefined: no authority known here has signed it. Whoever stands between us and the address could otherwise push the
 * genuine list out with a forged one that is newer than any to come.
 */
export function recognizeList(crl: CrlFacts, authorities: readonly CertificateFacts[]): GenuineList | undefined {
  const signer = authorities.find((authority) => isIssuedBy(crl, authority));
  if (signer === undefined) return undefined;
  const extensions = crl.extensions.filter(({ oid }) => SCOPE.includes(oid));
  // Of a delta list not its base, which moves, but that it is one.
  const scope = extensions.map(({ oid, value }) => `${oid} ${oid === SCOPE[0] ? hash('sha256', value, 'hex') : ''}`);
  return { crl, series: [signer.publicKey.spkiHash, crl.issuer.matchKey, ...scope.sort()].join('\n') };
}
