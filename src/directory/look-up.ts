// Whose certificate is it, and is it blocked? The directory in memory: a few look-ups for each request, however large it is.

import { LRUCache } from 'lru-cache';
import type { CertificateFacts } from '../model/certificate.ts';
import type { Block, Credential, DirectoryAccount } from '../model/client.ts';
import { formatMatch, matchTextsOf } from './match.ts';
import { createPackedMap } from './packed-map.ts';
import type { Batch, Removal } from './store.ts';

/** Nothing in it is judged yet: neither `enabled`, nor the dates of the permission, nor until when a block holds. */
export interface Found {
  /** The same object as long as the account does not change, unless MOST_ACCOUNTS others were found since. */
  readonly account: DirectoryAccount | undefined;
  /** By which the account was found. */
  readonly credential: FoundCredential | undefined;
  /** Of the certificate, its key or its account; empty as a rule. */
  readonly blocks: readonly Block[];
}

export interface FoundCredential {
  readonly id: string;
  readonly lastSeenAt: number | undefined;
  /** Known by its fingerprint only, which whoever holds it can change: to be bound to what cannot be. */
  readonly unbound: boolean;
}

export interface LookUp {
  /** Takes over what was read. Several batches that belong together are one change for all who look up in between. */
  apply(batches: readonly Batch[]): void;
  /** `issuerSpki` is the key hash of its issuer in the verified path. */
  find(leaf: CertificateFacts, issuerSpki: string): Found;
  /** For accounts that a mapping names, in the directory or not. */
  findAccount(name: string): Found;
  readonly sizes: { readonly accounts: number; readonly credentials: number; readonly blocks: number };
  /** Changes have left more behind than is there: time to read everything into a new one. */
  readonly isWorn: boolean;
}

interface Entry extends FoundCredential {
  readonly account: string;
  /** Every text that leads here. */
  readonly keys: readonly string[];
}

interface Known {
  readonly issuerSpki: string;
  readonly found: Found;
}

/** Accounts that are kept as objects: as many as there are verdicts by default, for those need them. */
const MOST_ACCOUNTS = 10_000;

const NO_BLOCKS: readonly Block[] = [];

export function createLookUp(): LookUp {
  const accounts = createPackedMap();
  const entries = createPackedMap();
  const idsByKey = createPackedMap();
  const blocks = new Map<string, Block>();
  const blocksByKey = new Map<string, readonly Block[]>();
  const accountsInUse = new LRUCache<string, DirectoryAccount>({ max: MOST_ACCOUNTS });
  /** What was found since something changed last. */
  let known = new WeakMap<CertificateFacts, Known>();

  function dropAccount(name: string): void {
    accounts.delete(name);
    accountsInUse.delete(name);
  }

  function keepAccount(account: DirectoryAccount): void {
    dropAccount(account.name);
    accounts.set(account.name, JSON.stringify(account));
  }

  function findAccount(name: string): DirectoryAccount | undefined {
    const inUse = accountsInUse.get(name);
    const text = inUse === undefined ? accounts.get(name) : undefined;
    if (text === undefined) return inUse;
    const account = JSON.parse(text) as DirectoryAccount;
    accountsInUse.set(name, account);
    return account;
  }

  function findEntry(id: string): Entry | undefined {
    const text = entries.get(id);
    return text === undefined ? undefined : (JSON.parse(text) as Entry);
  }

  function dropCredential(id: string): void {
    for (const key of findEntry(id)?.keys ?? []) if (idsByKey.get(key) === id) idsByKey.delete(key);
    entries.delete(id);
  }

  function keepCredential({ id, account, match, lastSeenAt }: Credential): void {
    dropCredential(id);
    keepEntry({ id, account, lastSeenAt, unbound: match.kind === 'fingerprint', keys: [formatMatch(match)] });
  }

  function keepEntry(entry: Entry): void {
    entries.set(entry.id, JSON.stringify(entry));
    for (const key of entry.keys) idsByKey.set(key, entry.id);
  }

  function dropBlock(id: string): void {
    const block = blocks.get(id);
    if (block === undefined) return;
    blocks.delete(id);
    const key = formatMatch(block.match);
    const others = (blocksByKey.get(key) ?? []).filter((other) => other.id !== id);
    if (others.length > 0) blocksByKey.set(key, others);
    else blocksByKey.delete(key);
  }

  function keepBlock(block: Block): void {
    dropBlock(block.id);
    blocks.set(block.id, block);
    const key = formatMatch(block.match);
    blocksByKey.set(key, [...(blocksByKey.get(key) ?? []), block]);
  }

  function remove({ kind, id }: Removal): void {
    if (kind === 'account') dropAccount(id);
    else if (kind === 'credential') dropCredential(id);
    else dropBlock(id);
  }

  function blocksOf(keys: readonly string[]): readonly Block[] {
    // As a rule there are none at all.
    if (blocks.size === 0) return NO_BLOCKS;
    const found = keys.flatMap((key) => blocksByKey.get(key) ?? NO_BLOCKS);
    return found.length === 0 ? NO_BLOCKS : found;
  }

  /** The certificate's other encodings are known from now on, too; the database learns it from a sighting. */
  function bind(entry: Entry, key: string): void {
    if (!entry.unbound || entry.keys.length > 1 || idsByKey.get(key) !== undefined) return;
    keepEntry({ ...entry, keys: [...entry.keys, key] });
    known = new WeakMap();
  }

  function look(leaf: CertificateFacts, issuerSpki: string): Found {
    const keys = matchTextsOf(leaf, issuerSpki);
    const id = keys.map(idsByKey.get).find((holder) => holder !== undefined);
    const entry = id === undefined ? undefined : findEntry(id);
    if (entry === undefined) return { account: undefined, credential: undefined, blocks: blocksOf(keys) };
    bind(entry, keys[0] ?? '');
    const account = findAccount(entry.account);
    return { account, credential: entry, blocks: blocksOf([...keys, accountKey(entry.account)]) };
  }

  return {
    apply(batches) {
      known = new WeakMap();
      for (const { removals } of batches) for (const removal of removals) remove(removal);
      for (const batch of batches) {
        for (const { notes, createdAt, changedAt, ...account } of batch.accounts) keepAccount(account);
        for (const credential of batch.credentials) keepCredential(credential);
        for (const block of batch.blocks) keepBlock(block);
      }
    },
    find(leaf, issuerSpki) {
      const before = known.get(leaf);
      if (before?.issuerSpki === issuerSpki) return before.found;
      const found = look(leaf, issuerSpki);
      known.set(leaf, { issuerSpki, found });
      return found;
    },
    findAccount: (name) => ({
      account: findAccount(name),
      credential: undefined,
      blocks: blocksOf([accountKey(name)]),
    }),
    get sizes() {
      return { accounts: accounts.size, credentials: entries.size, blocks: blocks.size };
    },
    get isWorn() {
      return accounts.isWorn || entries.isWorn || idsByKey.isWorn;
    },
  };
}

function accountKey(account: string): string {
  return formatMatch({ kind: 'account', account });
}
