// What do changes come to, given what is there? Rows to write, or everything that stands against it.

import type { AccountRecord, AuditEntry, Block } from '../model/client.ts';
import type { Change, ChangeProblem, ChangeRequest, NewAccount, NewCredential } from './changes.ts';
import { findFlaw, findNameFlaw, findOrderFlaw, findTextFlaw } from './check-change.ts';
import {
  type Draft,
  enter,
  keepAccount,
  leave,
  type PlanContext,
  readDraft,
  startDraft,
  type Touched,
} from './draft.ts';
import { formatMatch } from './match.ts';
import type { Batch } from './store.ts';

export interface Plan extends Batch {
  readonly problems: readonly ChangeProblem[];
  /** As in ChangeOutcome. */
  readonly made: readonly (readonly string[])[];
  readonly audit: readonly AuditEntry[];
}

type Complaint = Omit<ChangeProblem, 'index'>;

interface Effect {
  /** Name or id for the audit. */
  readonly subject: string;
  readonly detail: unknown;
  readonly made?: readonly string[];
}

export function planChanges(touched: Touched, request: ChangeRequest, context: PlanContext): Plan {
  const draft = startDraft(touched, request.actor, context);
  const problems: ChangeProblem[] = findRequestFlaws(request);
  const made: (readonly string[])[] = [];
  const audit: AuditEntry[] = [];
  for (const [index, change] of request.changes.entries()) {
    const flaw = findFlaw(change);
    const effect = flaw === undefined ? apply(draft, change) : invalid(flaw);
    if ('code' in effect) {
      problems.push({ index, ...effect });
      continue;
    }
    made.push(effect.made ?? []);
    audit.push({
      generation: context.generation,
      position: index,
      at: context.now,
      actor: request.actor,
      action: change.do,
      subject: effect.subject,
      detail: JSON.stringify(effect.detail),
      why: request.why ?? '',
    });
  }
  return { ...readDraft(draft), problems, made, audit };
}

function findRequestFlaws({ actor, why = '' }: ChangeRequest): ChangeProblem[] {
  const flaw = findNameFlaw(actor) ?? findTextFlaw('why', why);
  return flaw === undefined ? [] : [{ index: undefined, ...invalid(flaw) }];
}

function apply(draft: Draft, change: Change): Effect | Complaint {
  switch (change.do) {
    case 'add-account':
      return addAccount(draft, change.account, change.credentials ?? []);
    case 'edit-account':
      return editAccount(draft, change);
    case 'remove-account':
      return removeAccount(draft, change.name);
    case 'add-credential': {
      if (!draft.accounts.has(change.account)) return unknownAccount(change.account);
      const taken = findTaken(draft, [change.credential]);
      if (taken !== undefined) return taken;
      const id = addCredential(draft, change.account, change.credential);
      return { subject: id, detail: draft.credentials.get(id), made: [id] };
    }
    case 'remove-credential': {
      const credential = draft.credentials.get(change.id);
      if (credential === undefined) return { code: 'credential-unknown', message: `no credential ${change.id}` };
      leave(draft, credential);
      return { subject: change.id, detail: credential };
    }
    case 'add-block': {
      const { createId, now } = draft.context;
      const { match, reason, until } = change;
      const block: Block = { id: createId(), match, reason, until, createdAt: now, createdBy: draft.actor };
      draft.blocks.set(block.id, block);
      draft.changed.block.add(block.id);
      return { subject: block.id, detail: block, made: [block.id] };
    }
    case 'remove-block': {
      const block = draft.blocks.get(change.id);
      if (block === undefined) return { code: 'block-unknown', message: `no block ${change.id}` };
      draft.blocks.delete(change.id);
      draft.changed.block.add(change.id);
      return { subject: change.id, detail: block };
    }
  }
}

function addAccount(draft: Draft, added: NewAccount, credentials: readonly NewCredential[]): Effect | Complaint {
  const { now } = draft.context;
  if (draft.accounts.has(added.name)) {
    return { code: 'account-exists', message: `there is an account ${added.name}` };
  }
  const taken = findTaken(draft, credentials);
  if (taken !== undefined) return taken;
  const account: AccountRecord = {
    name: added.name,
    displayName: added.displayName ?? '',
    kind: added.kind,
    roles: added.roles ?? [],
    validFrom: added.validFrom,
    validUntil: added.validUntil,
    enabled: added.enabled ?? true,
    notes: added.notes ?? '',
    createdAt: now,
    changedAt: now,
  };
  keepAccount(draft, account);
  const made = credentials.map((credential) => addCredential(draft, account.name, credential));
  return { subject: account.name, detail: { account: added, credentials }, made };
}

function editAccount(draft: Draft, { name, set }: Extract<Change, { do: 'edit-account' }>): Effect | Complaint {
  const account = draft.accounts.get(name);
  if (account === undefined) return unknownAccount(name);
  const { validFrom, validUntil, ...others } = set;
  const edited: AccountRecord = {
    ...account,
    ...others,
    validFrom: validFrom === undefined ? account.validFrom : (validFrom ?? undefined),
    validUntil: validUntil === undefined ? account.validUntil : (validUntil ?? undefined),
    changedAt: draft.context.now,
  };
  const flaw = findOrderFlaw(edited.validFrom, edited.validUntil);
  if (flaw !== undefined) return invalid(flaw);
  keepAccount(draft, edited);
  return { subject: name, detail: set };
}

function removeAccount(draft: Draft, name: string): Effect | Complaint {
  const account = draft.accounts.get(name);
  if (account === undefined) return unknownAccount(name);
  const credentials = [...(draft.owned.get(name) ?? [])].flatMap((id) => draft.credentials.get(id) ?? []);
  for (const credential of credentials) leave(draft, credential);
  draft.accounts.delete(name);
  draft.changed.account.add(name);
  return { subject: name, detail: { account, credentials } };
}

function addCredential(draft: Draft, account: string, added: NewCredential): string {
  const { createId, now } = draft.context;
  const { match, fingerprint, issuerName = '', label = '' } = added;
  const id = createId();
  enter(draft, { id, account, match, fingerprint, issuerName, label, createdAt: now, lastSeenAt: undefined });
  draft.changed.credential.add(id);
  return id;
}

/** A certificate is one account's alone, and is there once. */
function findTaken(draft: Draft, credentials: readonly NewCredential[]): Complaint | undefined {
  const seen = new Set<string>();
  for (const { match } of credentials) {
    const text = formatMatch(match);
    const holder = draft.credentials.get(draft.holders.get(text) ?? '')?.account;
    if (holder !== undefined) return { code: 'certificate-taken', message: `the certificate is one of ${holder}` };
    if (seen.has(text)) return { code: 'certificate-taken', message: 'the certificate is given twice' };
    seen.add(text);
  }
  return undefined;
}

function invalid(message: string): Complaint {
  return { code: 'invalid', message };
}

function unknownAccount(name: string): Complaint {
  return { code: 'account-unknown', message: `no account ${name}` };
}
