// What state are the revocation lists of each trust store in, and whose certificates would be refused for want of one?

import type { LoadedTrust } from '../config/files/trust-stores.ts';
import type { Configuration } from '../config/load.ts';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import type { CrlAddressStatus } from '../revocation/crl-address.ts';
import { endOf, replaces } from '../revocation/crl-order.ts';
import { createCrlStore } from '../revocation/crl-store.ts';
import { describeLists, type ListStatus } from '../revocation/describe-lists.ts';
import { recognizeList } from '../revocation/genuine-lists.ts';
import type { RevocationOptions } from '../revocation/options.ts';
import { findCrlDefect } from '../revocation/usable-crl.ts';
import { isAddress, nameAddress } from '../revocation/web-address.ts';
import { authoritiesOf } from '../trust/trust-store.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import type { JudgingAlone } from './judge-alone.ts';

export type ListState = 'in force' | 'overdue' | 'not yet' | 'superseded' | 'unusable';

export interface ReportedList extends Omit<ListStatus, 'fingerprint' | 'signer' | 'problem'> {
  /** A file, or an address without its query. */
  readonly source: string;
  readonly state: ListState;
  /** Why it does not count; undefined where the state says it. */
  readonly why: string | undefined;
}

export interface StoreReport {
  readonly trust: string;
  readonly mode: RevocationOptions['mode'];
  readonly depth: RevocationOptions['depth'];
  readonly lists: readonly ReportedList[];
  /** Those that have sent nothing, and why. */
  readonly silent: readonly { readonly address: string; readonly why: string }[];
  /** Authorities whose certificates no list speaks of, and why. */
  readonly missing: readonly { readonly issuer: string; readonly why: string }[];
  /** Certificates of the missing ones are refused: nobody else can be asked. */
  readonly refuses: boolean;
}

interface Sources {
  readonly loaded: LoadedTrust;
  readonly crls: readonly CrlFacts[];
  /** The configured addresses of the trust store. */
  readonly addresses: readonly CrlAddressStatus[];
  readonly now: number;
  readonly online: boolean;
}

/** `now` in ms. `online`: addresses were asked, and what they did not send is not to be had. */
export async function reportLists(
  { trustStores }: Configuration,
  { revocation }: Pick<JudgingAlone, 'revocation'>,
  { now, online }: { readonly now: number; readonly online: boolean },
): Promise<StoreReport[]> {
  const lists = revocation.lists();
  return Promise.all(
    [...trustStores].map(([name, loaded]) => {
      const own = new Set(loaded.revocation.crl.filter(isAddress).map(nameAddress));
      const addresses = revocation.addresses().filter(({ address }) => own.has(address));
      return reportStore(name, { loaded, crls: lists.get(name) ?? [], addresses, now, online });
    }),
  );
}

async function reportStore(trust: string, sources: Sources): Promise<StoreReport> {
  const { revocation } = sources.loaded;
  const { mode, depth } = revocation;
  if (mode === 'off') return { trust, mode, depth, lists: [], silent: [], missing: [], refuses: false };
  const missing = await findMissing(sources);
  const isKnownEnough = sources.online || sources.addresses.length === 0;
  return {
    trust,
    mode,
    depth,
    lists: await describeAll(sources),
    silent: findSilent(sources),
    missing,
    refuses: mode === 'hard' && missing.length > 0 && isKnownEnough && !othersCanTell(revocation),
  };
}

async function describeAll(sources: Sources): Promise<ReportedList[]> {
  const { loaded, crls, now } = sources;
  const described = await describeLists(crls, authoritiesOf(loaded.store), now);
  return described.map(({ fingerprint, signer: _, problem, ...status }, index): ReportedList => {
    const crl = crls[index] as CrlFacts;
    const state = stateOf(crl, sources);
    const why = state === 'unusable' ? problem : undefined;
    return { ...status, source: sourceOf(fingerprint, sources), state, why };
  });
}

function stateOf(crl: CrlFacts, { loaded, crls, now }: Sources): ListState {
  const seriesOf = (list: CrlFacts) =>
    findCrlDefect(list) === undefined ? recognizeList(list, authoritiesOf(loaded.store))?.series : undefined;
  const series = seriesOf(crl);
  if (series === undefined) return 'unusable';
  if (crl.thisUpdate > now) return 'not yet';
  const isReplaced = crls.some(
    (other) => other.thisUpdate <= now && replaces(other, crl) && seriesOf(other) === series,
  );
  if (isReplaced) return 'superseded';
  return now > endOf(crl) ? 'overdue' : 'in force';
}

function sourceOf(fingerprint: string, { loaded, addresses }: Sources): string {
  const sender = addresses.find(({ lists }) => lists.some((list) => list.fingerprint === fingerprint));
  return loaded.crlPlaces.files.get(fingerprint) ?? sender?.address ?? 'a distribution point';
}

function findSilent({ loaded, addresses, online }: Sources): StoreReport['silent'] {
  const tooLate = `no answer within ${loaded.revocation.timeLimit} ms`;
  return addresses
    .filter(({ lists }) => lists.length === 0)
    .map(({ address, lastFailure }) => ({ address, why: online ? (lastFailure?.why ?? tooLate) : 'not asked' }));
}

/** Asks as the gateway would, about a certificate of each authority that no list names. */
async function findMissing({ loaded, crls, now }: Sources): Promise<StoreReport['missing']> {
  const { store, revocation } = loaded;
  if (!revocation.order.includes('crl')) return [];
  const authorities = authoritiesOf(store);
  const known = createCrlStore({ crls, authorities });
  const missing: { issuer: string; why: string }[] = [];
  for (const authority of authorities.filter((each) => isInUse(each, authorities, revocation, now))) {
    const points = crls.map(({ issuingDistributionPoint: scope }) => scope?.name);
    // A list may be for authorities only, or for all others.
    const probes = [false, true].map((ca) => makeProbe(authority, ca, points));
    const answers = await Promise.all(
      probes.map(async (probe) => (await known.answersFor([probe, authority], now, revocation.maxStale))[0]),
    );
    if (answers.some((answer) => answer?.status !== 'unknown')) continue;
    missing.push({ issuer: formatRfc4514(authority.subject), why: answers[0]?.note ?? 'nothing is known' });
  }
  return missing;
}

/** A certificate as this authority might have issued it: at every distribution point, and under a number that none has. */
function makeProbe(
  authority: CertificateFacts,
  ca: boolean,
  points: readonly CertificateFacts['known']['crlDistributionPoints'][number]['name'][],
): CertificateFacts {
  const known = {
    ...authority.known,
    basicConstraints: { ca, pathLength: undefined },
    crlDistributionPoints: points.map((name) => ({ name, reasons: undefined, crlIssuer: undefined })),
  };
  return { ...authority, version: 3, serial: '00', issuer: authority.subject, known };
}

/** With `depth: leaf` nobody asks about what an authority above others has issued, as a rule. */
function isInUse(
  authority: CertificateFacts,
  authorities: readonly CertificateFacts[],
  { depth }: RevocationOptions,
  now: number,
): boolean {
  if (now > authority.notAfter) return false;
  const isAbove = authorities.some(
    ({ issuer, subject }) =>
      issuer.matchKey === authority.subject.matchKey && subject.matchKey !== authority.subject.matchKey,
  );
  return depth === 'chain' || !isAbove;
}

function othersCanTell({ cdp, ocsp, order, allowHosts }: RevocationOptions): boolean {
  const hasHosts = allowHosts.length > 0;
  const hasResponder = order.includes('ocsp') && (typeof ocsp === 'string' || (ocsp && hasHosts));
  return hasResponder || (cdp && hasHosts);
}
