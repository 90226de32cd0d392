// What would the directory look like after some changes? Held in memory, as far as they name it.

import type { AccountRecord, Block, Credential } from '../model/client.ts';
import { formatMatch } from './match.ts';
import type { Batch, Removal } from './store.ts';

/** Everything in the database that the changes name. */
export type Touched = Omit<Batch, 'removals'>;

export interface PlanContext {
  readonly generation: number;
  readonly now: number;
  readonly createId: () => string;
}

/** The state as it would be, and what of it is new. */
export interface Draft {
  readonly context: PlanContext;
  readonly actor: string;
  readonly accounts: Map<string, AccountRecord>;
  readonly credentials: Map<string, Credential>;
  readonly blocks: Map<string, Block>;
  /** Ids of credentials, by the text of their match, or of their fingerprint where that is known besides; and by account. */
  readonly holders: Map<string, string>;
  readonly owned: Map<string, Set<string>>;
  readonly changed: Readonly<Record<Removal['kind'], Set<string>>>;
}

export function startDraft(touched: Touched, actor: string, context: PlanContext): Draft {
  const draft: Draft = {
    context,
    actor,
    accounts: new Map(touched.accounts.map((account) => [account.name, account])),
    credentials: new Map(),
    blocks: new Map(touched.blocks.map((block) => [block.id, block])),
    holders: new Map(),
    owned: new Map(),
    changed: { account: new Set(), credential: new Set(), block: new Set() },
  };
  for (const credential of touched.credentials) enter(draft, credential);
  return draft;
}

/** What has changed and is there is to be written, what is not there any more is to be removed. */
export function readDraft({ accounts, credentials, blocks, changed }: Draft): Batch {
  const pick = <T>(ids: Set<string>, from: Map<string, T>) => [...ids].flatMap((id) => from.get(id) ?? []);
  const gone = (kind: Removal['kind'], from: Map<string, unknown>) =>
    [...changed[kind]].filter((id) => !from.has(id)).map((id) => ({ kind, id }));
  return {
    accounts: pick(changed.account, accounts),
    credentials: pick(changed.credential, credentials),
    blocks: pick(changed.block, blocks),
    removals: [...gone('credential', credentials), ...gone('account', accounts), ...gone('block', blocks)],
  };
}

export function keepAccount(draft: Draft, account: AccountRecord): void {
  draft.accounts.set(account.name, account);
  draft.changed.account.add(account.name);
}

export function enter({ credentials, holders, owned }: Draft, credential: Credential): void {
  const { fingerprint } = credential;
  credentials.set(credential.id, credential);
  if (fingerprint !== undefined) holders.set(formatMatch({ kind: 'fingerprint', fingerprint }), credential.id);
  holders.set(formatMatch(credential.match), credential.id);
  const ids = owned.get(credential.account) ?? new Set();
  owned.set(credential.account, ids.add(credential.id));
}

export function leave({ credentials, holders, owned, changed }: Draft, credential: Credential): void {
  credentials.delete(credential.id);
  holders.delete(formatMatch(credential.match));
  owned.get(credential.account)?.delete(credential.id);
  changed.credential.add(credential.id);
}
