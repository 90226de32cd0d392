// Whose is a verified certificate, and may it be used at all? The directory and the mappings, as one answer.

import type { DirectoryCopy } from '../directory/copy.ts';
import type { FoundCredential } from '../directory/look-up.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import type { Block, DirectoryAccount } from '../model/client.ts';
import type { Account } from '../model/identity.ts';
import type { Refusal } from '../model/reasons.ts';
import type { Mapped } from '../policy/mapping/map-account.ts';

/** What mappings make of a verified path under a trust store; it does not change while the mappings do not. */
export type MapAccount = (path: readonly CertificateFacts[], trust: string) => Mapped | undefined;

export interface Standing {
  /** Refused before revocation is looked at: it is blocked. */
  readonly blocked: Refusal | undefined;
  /** Refused after it: its account is disabled, a mapping denies it, or nobody can tell, which must hide nothing else. */
  readonly barred: Refusal | undefined;
  readonly account: Account | undefined;
  /** By which the account was found. */
  readonly credential: FoundCredential | undefined;
  /** ms since the epoch: from then on it may be another, though nothing was changed. */
  readonly validUntil: number;
}

export interface Standings {
  /** `path`: verified, leaf first. */
  of(path: readonly CertificateFacts[], trust: string, now: number): Standing;
}

export interface StandingsInput {
  /** undefined: no directory is configured. */
  readonly directory: Pick<DirectoryCopy, 'state' | 'find' | 'findAccount'> | undefined;
  readonly mapAccount: MapAccount | undefined;
}

const UNKNOWN: Standing = {
  blocked: undefined,
  barred: undefined,
  account: undefined,
  credential: undefined,
  validUntil: Infinity,
};

export function createStandings({ directory, mapAccount }: StandingsInput): Standings {
  // What is made of an account is kept by its object, and so has to be the same while the account is.
  const ofDirectory = new WeakMap<DirectoryAccount, Account>();
  const ofMapping = new WeakMap<DirectoryAccount, Account>();
  const unlisted = new WeakMap<Mapped, Account>();
  const results = new WeakMap<readonly CertificateFacts[], Map<string, Mapped | undefined>>();

  function known(account: DirectoryAccount, from: Account['from']): Account {
    const kept = from === 'directory' ? ofDirectory : ofMapping;
    const made = kept.get(account) ?? { name: account.name, roles: account.roles, from };
    kept.set(account, made);
    return made;
  }

  /** Verdicts are kept, and their paths with them: each is mapped once. */
  function map(path: readonly CertificateFacts[], trust: string): Mapped | undefined {
    if (mapAccount === undefined) return undefined;
    const kept = results.get(path) ?? new Map<string, Mapped | undefined>();
    results.set(path, kept);
    if (!kept.has(trust)) kept.set(trust, mapAccount(path, trust));
    return kept.get(trust);
  }

  function standMapped(path: readonly CertificateFacts[], trust: string, blocks: readonly Block[], now: number) {
    const result = map(path, trust);
    if (result === undefined) return judge(blocks, undefined, undefined, now);
    if (result.kind === 'denied') {
      const note = `the mapping ${result.mapping} denies it`;
      const barred: Refusal = { code: 'certificate-not-allowed', check: 'mapping', note };
      return { ...judge(blocks, undefined, undefined, now), barred };
    }
    const entry = directory?.findAccount(result.account);
    const all = [...blocks, ...(entry?.blocks ?? [])];
    if (entry?.account !== undefined) return judge(all, entry.account, known(entry.account, 'mapping'), now);
    const account: Account = unlisted.get(result) ?? { name: result.account, roles: [], from: 'mapping' };
    unlisted.set(result, account);
    return judge(all, undefined, account, now);
  }

  return {
    of(path, trust, now) {
      const [leaf, issuer] = path;
      if (leaf === undefined) throw new Error('a verified path is not empty');
      if (directory === undefined && mapAccount === undefined) return UNKNOWN;
      if (directory?.state() === 'unavailable') {
        return { ...UNKNOWN, barred: { code: 'directory-unavailable', check: 'directory' } };
      }
      // A leaf that is itself an anchor was issued by nobody else.
      const found = directory?.find(leaf, (issuer ?? leaf).publicKey.spkiHash);
      // One-to-one entries come before mappings, as in IIS.
      if (found?.account === undefined) return standMapped(path, trust, found?.blocks ?? [], now);
      const account = known(found.account, 'directory');
      return { ...judge(found.blocks, found.account, account, now), credential: found.credential };
    },
  };
}

function judge(
  blocks: readonly Block[],
  entry: DirectoryAccount | undefined,
  account: Account | undefined,
  now: number,
): Standing {
  const block = blocks.find(({ until = Infinity }) => now <= until);
  return {
    blocked: block && { code: 'certificate-blocked', check: 'block', note: block.reason },
    barred: entry && findBar(entry, now),
    account,
    credential: undefined,
    validUntil: nextChange(block, entry, now),
  };
}

/** The permission has dates of its own, whatever those of the certificate are. */
function findBar(
  { enabled, validFrom = 0, validUntil = Infinity }: DirectoryAccount,
  now: number,
): Refusal | undefined {
  const refuse = (note: string): Refusal => ({ code: 'account-disabled', check: 'account', note });
  if (!enabled) return refuse('it is disabled in the directory');
  if (now < validFrom) return refuse(`its permission begins at ${new Date(validFrom).toISOString()}`);
  return now > validUntil ? refuse(`its permission ended at ${new Date(validUntil).toISOString()}`) : undefined;
}

/** Both ends of a permission and the end of a block are inclusive. */
function nextChange(block: Block | undefined, entry: DirectoryAccount | undefined, now: number): number {
  const { validFrom = now, validUntil = Infinity } = entry ?? {};
  const ends = [validFrom, validUntil + 1, (block?.until ?? Infinity) + 1];
  return Math.min(...ends.filter((end) => end > now));
}
