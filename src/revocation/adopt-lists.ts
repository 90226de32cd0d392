// Which lists count when an address has sent new ones? Never one that is older than what is known.

import type { CrlFacts } from '../model/certificate.ts';
import { supersedes } from './crl-order.ts';

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
  const isReplaced = ({ crl, series }: GenuineList, by: readonly GenuineList[]) =>
    by.some((other) => other.series === series && supersedes(other.crl, crl));
  const isKnown = ({ crl }: GenuineList) => known.some((other) => Buffer.compare(other.crl.der, crl.der) === 0);
  const unknown = arrived.filter((list) => !isReplaced(list, arrived) && !isKnown(list));
  const older = unknown.filter((list) => isReplaced(list, known));
  const taken = unknown.filter((list) => !older.includes(list));
  // One whose time has not come takes nothing away.
  const counting = taken.filter(({ crl }) => crl.thisUpdate <= now);
  const hasRunOut = ({ nextUpdate = Infinity }: CrlFacts) => now > nextUpdate;
  const kept = known.filter(
    (list) =>
      !isReplaced(list, counting) && !(hasRunOut(list.crl) && counting.some(({ series }) => series === list.series)),
  );
  return {
    lists: [...taken, ...kept].slice(0, MAX_LISTS),
    hasNews: taken.length > 0,
    older: older.map(({ crl }) => crl),
  };
}
