// How do accounts, credentials, blocks and the audit become rows, and rows them?

import type { AccountRecord, AuditEntry, Block, ClientKind, Credential } from '../model/client.ts';
import { formatMatch, parseBlockMatch, parseCredentialMatch } from './match.ts';
import type { Removal } from './store.ts';
import type { Row, Value } from './tables.ts';

export function toAccountRow(account: AccountRecord, generation: number): Row {
  return {
    name: account.name,
    display_name: account.displayName,
    kind: account.kind,
    roles: JSON.stringify(account.roles),
    valid_from: account.validFrom ?? null,
    valid_until: account.validUntil ?? null,
    enabled: account.enabled ? 1 : 0,
    notes: account.notes,
    created_at: account.createdAt,
    changed_at: account.changedAt,
    generation,
  };
}

export function readAccountRow(row: Row): AccountRecord {
  return {
    name: text(row.name),
    displayName: text(row.display_name),
    kind: text(row.kind) as ClientKind,
    roles: JSON.parse(text(row.roles)) as string[],
    validFrom: numberOrNone(row.valid_from),
    validUntil: numberOrNone(row.valid_until),
    enabled: numberOrNone(row.enabled) === 1,
    notes: text(row.notes),
    createdAt: number(row.created_at),
    changedAt: number(row.changed_at),
  };
}

export function toCredentialRow(credential: Credential, generation: number): Row {
  return {
    id: credential.id,
    account: credential.account,
    target: formatMatch(credential.match),
    fingerprint: credential.fingerprint ?? null,
    issuer_name: credential.issuerName,
    label: credential.label,
    created_at: credential.createdAt,
    last_seen_at: credential.lastSeenAt ?? null,
    generation,
  };
}

export function readCredentialRow(row: Row): Credential {
  return {
    id: text(row.id),
    account: text(row.account),
    match: parseCredentialMatch(text(row.target)),
    fingerprint: textOrNone(row.fingerprint),
    issuerName: text(row.issuer_name),
    label: text(row.label),
    createdAt: number(row.created_at),
    lastSeenAt: numberOrNone(row.last_seen_at),
  };
}

export function toBlockRow(block: Block, generation: number): Row {
  return {
    id: block.id,
    target: formatMatch(block.match),
    reason: block.reason,
    until: block.until ?? null,
    created_at: block.createdAt,
    created_by: block.createdBy,
    generation,
  };
}

export function readBlockRow(row: Row): Block {
  return {
    id: text(row.id),
    match: parseBlockMatch(text(row.target)),
    reason: text(row.reason),
    until: numberOrNone(row.until),
    createdAt: number(row.created_at),
    createdBy: text(row.created_by),
  };
}

export function readRemovalRow(row: Row): Removal {
  return { kind: text(row.kind) as Removal['kind'], id: text(row.id) };
}

export function readAuditRow(row: Row): AuditEntry {
  return {
    generation: number(row.generation),
    position: number(row.position),
    at: number(row.at),
    actor: text(row.actor),
    action: text(row.action),
    subject: text(row.subject),
    detail: text(row.detail),
    why: text(row.why),
  };
}

/** PostgreSQL's client gives a bigint as text. */
export function number(value: Value | undefined): number {
  const read = numberOrNone(value);
  if (read === undefined) throw new Error('the database of clients holds no number where one must be');
  return read;
}

function numberOrNone(value: Value | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

export function text(value: Value | undefined): string {
  if (typeof value !== 'string') throw new Error('the database of clients holds no text where some must be');
  return value;
}

export function textOrNone(value: Value | undefined): string | undefined {
  return value === null ? undefined : text(value);
}
