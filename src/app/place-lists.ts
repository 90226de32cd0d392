// Where do revocation lists that are brought in by hand belong, and what speaks against one?

import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { LoadedTrust } from '../config/files/trust-stores.ts';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import { endOf, supersedes } from '../revocation/crl-order.ts';
import { checkCrlSignatures } from '../revocation/crl-signature.ts';
import { describeLists } from '../revocation/describe-lists.ts';
import { recognizeList } from '../revocation/genuine-lists.ts';
import { findCrlDefect } from '../revocation/usable-crl.ts';
import { authoritiesOf } from '../trust/trust-store.ts';
import { EXTENSION } from '../x509/extensions.ts';
import { formatRfc4514 } from '../x509/name-text.ts';

export interface Placement {
  readonly crl: CrlFacts;
  readonly trust: string;
  readonly file: string;
  /** SHA-256 of the list that the file holds now, lower-case hex; undefined: there is no such file. */
  readonly replaced: string | undefined;
}

export interface Placing {
  readonly placements: readonly Placement[];
  /** Sentences. With any of them nothing shall be written. */
  readonly problems: readonly string[];
  /** Sentences about what is as it should be, or could be tidied up. */
  readonly notes: readonly string[];
}

/** One of the lists, under one trust store that knows its authority. */
interface Candidate {
  readonly crl: CrlFacts;
  readonly loaded: LoadedTrust;
  readonly series: string;
  /** What the trust store has, and what comes along. */
  readonly others: readonly CrlFacts[];
}

/** `now`: ms since the epoch. */
export async function placeLists(
  crls: readonly CrlFacts[],
  stores: readonly LoadedTrust[],
  now: number,
): Promise<Placing> {
  const authorities = stores.flatMap(({ store }) => authoritiesOf(store));
  await checkCrlSignatures([...crls, ...stores.flatMap((loaded) => loaded.crls)], authorities);
  const placements = new Map<string, Placement>();
  const problems: string[] = [];
  const notes: string[] = [];
  for (const crl of crls) {
    const candidates = stores.flatMap((loaded): Candidate[] => {
      const series = seriesOf(crl, loaded);
      return series === undefined ? [] : [{ crl, loaded, series, others: [...loaded.crls, ...crls] }];
    });
    const asking = candidates.filter(({ loaded }) => loaded.revocation.mode !== 'off');
    const defect = await findDefect(crl, candidates, asking, authorities, now);
    if (defect !== undefined) problems.push(`${nameOf(crl)} ${defect}`);
    if (candidates.length === 0) continue;
    const wanting = asking.filter((candidate) => !isKnown(candidate, notes));
    const hasPlace = wanting.some(({ loaded }) => loaded.crlPlaces.folders.length > 0);
    for (const candidate of wanting) {
      problems.push(...findObjections(candidate, now));
      const placement = placeOne(candidate);
      if (placement === undefined) (hasPlace ? notes : problems).push(explainNoFolder(candidate));
      else placements.set(placement.file, placement);
      if (placement !== undefined) notes.push(...nameLeftOvers(candidate, placement));
    }
  }
  return { placements: [...placements.values()], problems, notes };
}

/** What is wrong whatever the trust stores have. */
async function findDefect(
  crl: CrlFacts,
  candidates: readonly Candidate[],
  asking: readonly Candidate[],
  authorities: readonly CertificateFacts[],
  now: number,
): Promise<string | undefined> {
  const defect = findCrlDefect(crl);
  if (defect !== undefined) return defect;
  if (candidates.length === 0) return (await describeLists([crl], authorities, now))[0]?.problem;
  const names = candidates.map(({ loaded }) => `"${loaded.store.name}"`).join(', ');
  return asking.length === 0 ? `is of no use: revocation is off in trust store ${names}` : undefined;
}

function findObjections(candidate: Candidate, now: number): string[] {
  const { crl, loaded, others } = candidate;
  const objections: string[] = [];
  // It would take the place of one that counts, and count itself only later.
  if (crl.thisUpdate > now) objections.push(`is valid from ${timeOf(crl.thisUpdate)} only: add it then`);
  const end = endOf(crl);
  if (now > end + loaded.revocation.maxStale) {
    objections.push(`has run out (next update ${timeOf(end)}): ask for the current one`);
  }
  for (const peer of others.filter((other) => isPeer(other, candidate) && !supersedes(crl, other))) {
    const place = loaded.crlPlaces.files.get(peer.fingerprint) ?? 'the same file';
    const order = supersedes(peer, crl) ? 'is older than' : 'is not newer by both number and date than';
    objections.push(`${order} ${nameOf(peer)} in ${place}`);
  }
  if (!hasBase(candidate)) {
    objections.push('completes a CRL that is not there, or an older one only: add the complete CRL first');
  }
  return objections.map((objection) => `${nameOf(crl)} ${objection}`);
}

/** One that the new list would replace. */
function isPeer(other: CrlFacts, { crl, loaded, series }: Candidate): boolean {
  return other.fingerprint !== crl.fingerprint && seriesOf(other, loaded) === series;
}

/** RFC 5280 5.2.4: without its base a delta clears those whom the delta before it has named. */
function hasBase({ crl, loaded, others }: Candidate): boolean {
  const { deltaCrlIndicator } = crl;
  if (deltaCrlIndicator === undefined) return true;
  const extensions = crl.extensions.filter(({ oid }) => oid !== EXTENSION.deltaCrlIndicator);
  const series = seriesOf({ ...crl, extensions }, loaded);
  const isRecent = ({ crlNumber }: CrlFacts) => crlNumber !== undefined && crlNumber >= deltaCrlIndicator;
  return others.some((other) => isRecent(other) && seriesOf(other, loaded) === series);
}

function isKnown({ crl, loaded }: Candidate, notes: string[]): boolean {
  const file = loaded.crlPlaces.files.get(crl.fingerprint);
  if (file !== undefined) notes.push(`${nameOf(crl)} is already in ${file}`);
  return file !== undefined;
}

/** Named by what it replaces and is replaced by: lists of the same authority, by key and name, and of the same scope. */
function placeOne({ crl, loaded, series }: Candidate): Placement | undefined {
  const [folder] = loaded.crlPlaces.folders;
  if (folder === undefined) return undefined;
  const file = join(folder, `${hash('sha256', series, 'hex').slice(0, 32)}.crl`);
  const [replaced] = [...loaded.crlPlaces.files].find(([, place]) => place === file) ?? [];
  return { crl, trust: loaded.store.name, file, replaced };
}

function explainNoFolder({ crl, loaded }: Candidate): string {
  return `${nameOf(crl)} has no place in trust store "${loaded.store.name}": name a folder under its \`revocation.crl\``;
}

/** A file that somebody else has written is not touched: it may hold more. */
function nameLeftOvers(candidate: Candidate, { file }: Placement): string[] {
  const { files } = candidate.loaded.crlPlaces;
  return candidate.loaded.crls
    .filter((other) => isPeer(other, candidate) && files.get(other.fingerprint) !== file)
    .map((other) => `${files.get(other.fingerprint)} holds ${nameOf(other)}, which no longer counts`);
}

function seriesOf(crl: CrlFacts, { store }: LoadedTrust): string | undefined {
  return recognizeList(crl, authoritiesOf(store))?.series;
}

export function nameOf({ issuer, crlNumber, deltaCrlIndicator, thisUpdate }: CrlFacts): string {
  const what = deltaCrlIndicator === undefined ? 'CRL' : 'delta CRL';
  const which = crlNumber === undefined ? `of ${timeOf(thisUpdate)}` : `number ${crlNumber}`;
  return `${what} ${which} of ${formatRfc4514(issuer)}`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
