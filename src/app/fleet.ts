// What do the replicas that share a Redis tell each other? Verdicts, revocation lists newer than those of the files, and what
// clients have taken.

import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { openSharedCache, type SharedCache, type SharedCacheInput } from '../cache/shared-cache.ts';
import type { LoadedTrust } from '../config/files/trust-stores.ts';
import type { Configuration } from '../config/load.ts';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import { endOf, supersedes } from '../revocation/crl-order.ts';
import { checkCrlSignatures } from '../revocation/crl-signature.ts';
import type { SharedAnswers } from '../revocation/ocsp/responders.ts';
import { readCrlsElsewhere } from '../revocation/read-crls.ts';
import { findCrlDefect, isIssuedBy } from '../revocation/usable-crl.ts';
import { authoritiesOf } from '../trust/trust-store.ts';

export interface Fleet {
  /** undefined: each process has its own. */
  readonly verdicts: SharedCache['verdicts'] | undefined;
  readonly ocspAnswers: SharedAnswers;
  /** Tells every replica that what was judged before is outdated. */
  announce(): Promise<void>;
  /** Says something to all other replicas that are there. */
  readonly say: SharedCache['say'];
  /** The configuration with the lists that came from other replicas beside those of its files. */
  extend(configuration: Configuration): Configuration;
  /** Takes newer lists and puts ours where we have the newer one; true: one was taken, `extend` gives more than before. */
  exchangeLists(configuration: Configuration): Promise<boolean>;
  /** Takes over the keys of another configuration; true: the rest of it needs a restart. */
  replace(configuration: Configuration): boolean;
  close(): void;
}

/** Everything that a connection was made with; keys can be replaced while it lives. */
const FIXED = ['redis', 'commandTimeout', 'breaker'] as const;

/** undefined: the configuration names no Redis. */
export async function joinFleet(
  { settings, redisFiles }: Configuration,
  deps: Pick<SharedCacheInput, 'clock' | 'log' | 'reports' | 'onChange' | 'onMessage'>,
): Promise<Fleet | undefined> {
  const { cache } = settings;
  if (cache.redis === undefined || redisFiles === undefined) return undefined;
  let { keys } = redisFiles;
  const shared = await openSharedCache({
    ...deps,
    settings: cache.redis,
    secrets: redisFiles,
    options: cache,
    keys: () => keys,
  });
  return {
    verdicts: shared.verdicts,
    ocspAnswers: shared.ocspAnswers,
    announce: shared.announce,
    say: shared.say,
    ...createListExchange(shared, deps.clock),
    replace(next) {
      keys = next.redisFiles?.keys ?? keys;
      return FIXED.some((key) => !isDeepStrictEqual(cache[key], next.settings.cache[key]));
    },
    close: shared.close,
  };
}

/** Lists are signed by their authorities: that, and which one is newer, is judged here, whoever stored them. */
function createListExchange(shared: SharedCache, clock: Clock): Pick<Fleet, 'extend' | 'exchangeLists'> {
  // By authority; as many at most as the configuration has authorities with lists.
  const taken = new Map<string, CrlFacts>();
  const offered = new Map<string, CrlFacts>();

  /** What a newer list replaces is left out, so that replicas with the same lists in force find the same verdicts. */
  function extendStore(loaded: LoadedTrust): LoadedTrust {
    let { crls } = loaded;
    for (const { authority, lists } of listedAuthorities(loaded)) {
      const list = taken.get(idOf(authority));
      if (list === undefined || !isNewer(list, lists) || !isIssuedBy(list, authority)) continue;
      // One whose time has not come takes nothing away.
      const kept = list.thisUpdate > clock() ? crls : crls.filter((crl) => !lists.includes(crl));
      crls = [...kept, list];
    }
    return { ...loaded, crls };
  }

  function extend(configuration: Configuration): Configuration {
    const stores = [...configuration.trustStores].map(([name, loaded]) => [name, extendStore(loaded)] as const);
    return { ...configuration, trustStores: new Map(stores) };
  }

  return {
    extend,
    async exchangeLists(configuration) {
      let hasTaken = false;
      let hasNews = false;
      for (const listed of [...extend(configuration).trustStores.values()].flatMap(listedAuthorities)) {
        const { authority, lists } = listed;
        const issuer = idOf(authority);
        const stored = await shared.lists.read(issuer);
        if (stored !== undefined && lists.some(({ der }) => Buffer.compare(der, stored) === 0)) continue;
        const theirs = await readList(stored, authority);
        if (theirs !== undefined && isNewer(theirs, lists)) {
          taken.set(issuer, theirs);
          hasTaken = true;
          continue;
        }
        const ours = lists.find((list) => isNewer(list, theirs === undefined ? [] : [theirs]));
        if (ours === undefined || !(await shared.lists.write(issuer, ours.der, endOf(ours)))) continue;
        // Announced once only: a Redis that loses what it takes must not set the fleet in motion for ever.
        if (offered.get(issuer) !== ours) hasNews = true;
        offered.set(issuer, ours);
      }
      if (hasNews) await shared.announce();
      return hasTaken;
    },
  };
}

interface ListedAuthority {
  readonly authority: CertificateFacts;
  /** Those of its usable lists that no other of them supersedes. */
  readonly lists: readonly CrlFacts[];
}

/** The authorities whose lists are used: a store that asks nobody gives nothing and takes nothing. */
function listedAuthorities({ store, crls, revocation }: LoadedTrust): ListedAuthority[] {
  if (revocation.mode === 'off') return [];
  const usable = crls.filter(isShareable);
  return authoritiesOf(store).flatMap((authority) => {
    const own = usable.filter((crl) => isIssuedBy(crl, authority));
    const lists = own.filter((crl) => !own.some((other) => supersedes(other, crl)));
    return lists.length > 0 ? [{ authority, lists }] : [];
  });
}

/** Two authorities may share a key, and each has lists of its own. */
function idOf({ subject, publicKey }: CertificateFacts): string {
  return hash('sha256', `${publicKey.spkiHash} ${subject.matchKey}`, 'hex');
}

function isNewer(list: CrlFacts, than: readonly CrlFacts[]): boolean {
  return than.every((other) => supersedes(list, other));
}

/** undefined: there is none, or it is none of this authority. */
async function readList(der: Uint8Array | undefined, authority: CertificateFacts): Promise<CrlFacts | undefined> {
  if (der === undefined) return undefined;
  const { crls } = await readCrlsElsewhere(der, { most: 1 });
  const list = crls[0]?.facts;
  if (list === undefined || !isShareable(list)) return undefined;
  await checkCrlSignatures([list], [authority]);
  return isIssuedBy(list, authority) ? list : undefined;
}

/** Complete lists only: an authority has one place in Redis, and a part in it would be taken for the whole. */
function isShareable(crl: CrlFacts): boolean {
  const isPart = crl.deltaCrlIndicator !== undefined || crl.issuingDistributionPoint !== undefined;
  return !isPart && findCrlDefect(crl) === undefined;
}
