// Whose certificate is it, and is it blocked? The directory in memory: a few look-ups for each request, however large it is.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Block, Credential, DirectoryAccount } from '../model/client.ts';
import { formatMatch, matchTextsOf } from './match.ts';
import type { Batch, Removal } from './store.ts';

/** Nothing in it is judged yet: neither `enabled`, nor the dates of the permission, nor until when a block holds. */
export interface Found {
  readonly account: DirectoryAccount | undefined;
  /** By which the account was found. */
  readonly credential: FoundCredential | undefined;
  /** Of the certificate, its key or its account; empty as a rule. */
  readonly blocks: readonly Block[];
}

/** The same object as long as the credential does not change. */
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
}

interface Entry extends FoundCredential {
  readonly account: string;
  /** Every text that leads here. */
  readonly keys: readonly string[];
}

const NO_BLOCKS: readonly Block[] = [];

export function createLookUp(): LookUp {
  const accounts = new Map<string, DirectoryAccount>();
  const entries = new Map<string, Entry>();
  const entriesByKey = new Map<string, Entry>();
  const blocks = new Map<string, Block>();
  const blocksByKey = new Map<string, readonly Block[]>();

  function dropCredential(id: string): void {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    for (const key of entry.keys) if (entriesByKey.get(key)?.id === id) entriesByKey.delete(key);
  }

  function keepCredential({ id, account, match, lastSeenAt }: Credential): void {
    dropCredential(id);
    const key = formatMatch(match);
    keepEntry({ id, account, lastSeenAt, unbound: match.kind === 'fingerprint', keys: [key] });
  }

  function keepEntry(entry: Entry): void {
    entries.set(entry.id, entry);
    for (const key of entry.keys) entriesByKey.set(key, entry);
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
    if (kind === 'account') accounts.delete(id);
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
  function bind(entry: Entry, key: string): Entry {
    if (!entry.unbound || entriesByKey.has(key) || entry.keys.length > 1) return entry;
    const bound = { ...entry, keys: [...entry.keys, key] };
    keepEntry(bound);
    return bound;
  }

  return {
    apply(batches) {
      for (const { removals } of batches) for (const removal of removals) remove(removal);
      for (const batch of batches) {
        for (const { notes, createdAt, changedAt, ...account } of batch.accounts) accounts.set(account.name, account);
        for (const credential of batch.credentials) keepCredential(credential);
        for (const block of batch.blocks) keepBlock(block);
      }
    },
    find(leaf, issuerSpki) {
      const keys = matchTextsOf(leaf, issuerSpki);
      const key = keys.find((key) => entriesByKey.has(key)) ?? '';
      const found = entriesByKey.get(key);
      if (found === undefined) return { account: undefined, credential: undefined, blocks: blocksOf(keys) };
      const entry = bind(found, keys[0] ?? '');
      const account = accounts.get(entry.account);
      return { account, credential: entry, blocks: blocksOf([...keys, accountKey(entry.account)]) };
    },
    findAccount(name) {
      return { account: accounts.get(name), credential: undefined, blocks: blocksOf([accountKey(name)]) };
    },
    get sizes() {
      return { accounts: accounts.size, credentials: entries.size, blocks: blocks.size };
    },
  };
}

function accountKey(account: string): string {
  return formatMatch({ kind: 'account', account });
}
