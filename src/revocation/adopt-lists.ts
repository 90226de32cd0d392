// Which lists count when an address has sent new ones? Never one that is older than what is known.

import type { CrlFacts } from '../model/certificate.ts';
import { buildsNoLater, replaces, supersedes } from './crl-order.ts';

/** A list that a known authority has signed. */
export interface GenuineList {
  readonly crl: CrlFacts;
  /** Equal for lists of which the newer one replaces the older: one authority's (by key), of one scope. */
  readonly series: string;
}

export interface Adopted {
  readonly lists: readonly GenuineList[];
  readonly hasNews: boolean;
  /** Those that were left out, because a newer one of the same series is known. */
  readonly older: readonly CrlFacts[];
}

/** Most lists kept for one address. A file holds one as a rule, and one for each key of an authority at most. */
export const MAX_LISTS = 64;

/**
 * What an address no longer sends stays until something newer of its series comes: a list is taken back by a list only.
 * Where two contradict each other (newer by number, older by date) both stay until the one known before has run out.
 */
export function adoptLists(known: readonly GenuineList[], arrived: readonly GenuineList[], now: number): Adopted {
  const isPassed = (list: GenuineList, by: readonly GenuineList[], passes: typeof replaces) =>
    by.some((other) => other.series === list.series && passes(other.crl, list.crl));
  const isKnown = ({ crl }: GenuineList) => known.some((other) => Buffer.compare(other.crl.der, crl.der) === 0);
  const unknown = arrived.filter((list) => !isPassed(list, arrived, replaces) && !isKnown(list));
  const older = unknown.filter((list) => isPassed(list, known, supersedes));
  const taken = unknown.filter((list) => !older.includes(list));
  // One whose time has not come takes nothing away.
  const counting = taken.filter(({ crl }) => crl.thisUpdate <= now);
  const hasRunOut = ({ nextUpdate = Infinity }: CrlFacts) => now > nextUpdate;
  const kept = known.filter(
    (list) => !isPassed(list, counting, replaces) && !(hasRunOut(list.crl) && isPassed(list, counting, buildsNoLater)),
  );
  // Where there is no room, what is known comes first, and its successors: what another authority has signed must not
  // push it out.
  const isSuccessor = ({ series }: GenuineList) => known.some((other) => other.series === series);
  const [over, valid] = partition(kept, ({ crl }) => hasRunOut(crl));
  const added = partition(taken, isSuccessor)
    .flat()
    .slice(0, Math.max(0, MAX_LISTS - valid.length));
  return {
    lists: [...added, ...valid, ...over].slice(0, MAX_LISTS),
    hasNews: added.length > 0,
    older: older.map(({ crl }) => crl),
  };
}

/** Those for which it holds, and the others. */
function partition<T>(items: readonly T[], holds: (item: T) => boolean): [T[], T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}
