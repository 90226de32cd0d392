// How far are accounts with new certificates in the place of old ones?

import type { SeenCertificate } from '../model/traffic.ts';

/** `under way`: an old one was still seen after a new one had come; `done`: none was. */
export type RotationState = 'not begun' | 'under way' | 'done';

export interface Rotation {
  readonly account: string;
  readonly state: RotationState;
  /** Those that are to be replaced; never empty. */
  readonly old: readonly SeenCertificate[];
  readonly fresh: readonly SeenCertificate[];
}

/** Of all accounts with certificates that are to be replaced, by name. */
export function findRotations(
  seen: readonly SeenCertificate[],
  isOld: (certificate: SeenCertificate) => boolean,
): Rotation[] {
  const byAccount = Map.groupBy(seen, ({ account }) => account);
  return [...byAccount]
    .flatMap(([account, certificates]): Rotation[] => {
      const old = certificates.filter(isOld);
      const fresh = certificates.filter((each) => !isOld(each));
      if (account === undefined || old.length === 0) return [];
      return [{ account, state: stateOf(old, fresh), old, fresh }];
    })
    .sort((a, b) => (a.account < b.account ? -1 : 1));
}

function stateOf(old: readonly SeenCertificate[], fresh: readonly SeenCertificate[]): RotationState {
  if (fresh.length === 0) return 'not begun';
  const begun = Math.min(...fresh.map(({ firstSeenAt }) => firstSeenAt));
  return old.some(({ lastSeenAt }) => lastSeenAt >= begun) ? 'under way' : 'done';
}
