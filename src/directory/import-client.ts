// What does one row of an import mean? An account and a certificate, or everything that is wrong with the row.

import type { ClientKind, CredentialMatch } from '../model/client.ts';
import type { NewCredential } from './changes.ts';
import { findNameFlaw, findTextFlaw } from './check-change.ts';
import { type Cell, readDigest, readEnabled, readKind, readMoment, readSerial } from './import-cells.ts';
import type { Field, ImportProblem, RawRow } from './import-rows.ts';

/** What is undefined was not said; empty, or null, says that there is none. */
export interface ImportedAccount {
  readonly displayName: string | undefined;
  readonly kind: ClientKind | undefined;
  readonly roles: readonly string[] | undefined;
  readonly validFrom: number | null | undefined;
  readonly validUntil: number | null | undefined;
  readonly enabled: boolean | undefined;
  readonly notes: string | undefined;
}

export interface ImportedClient {
  readonly line: number;
  readonly name: string;
  readonly account: ImportedAccount;
  readonly credential: NewCredential | undefined;
}

/** Finds the one authority of that name (design rule 11). */
export type ResolveIssuer = (name: string) => Cell<{ readonly key: string; readonly name: string }>;

export interface ReadContext {
  readonly resolveIssuer: ResolveIssuer;
  /** What the file calls a field. */
  readonly columnOf: (field: Field) => string;
}

type Complain = (field: Field, message: string) => void;
type Take = <T>(field: Field, read: (text: string) => Cell<T>) => T | undefined;

export function readClient(
  row: RawRow,
  { resolveIssuer, columnOf }: ReadContext,
): { readonly client: ImportedClient } | { readonly problems: readonly ImportProblem[] } {
  const { line, texts } = row;
  const problems: ImportProblem[] = [];
  const complain: Complain = (field, message) => problems.push({ line, column: columnOf(field), message });
  const take: Take = (field, read) => {
    const text = texts[field] ?? '';
    if (text.trim() === '') return undefined;
    const cell = read(text);
    if ('value' in cell) return cell.value;
    complain(field, cell.flaw);
    return undefined;
  };
  const { account: name = '' } = texts;
  const flaw = findNameFlaw(name);
  if (flaw !== undefined) complain('account', flaw);
  const account = readAccount(row, take, complain);
  const credential = readCredential(texts, take, complain, resolveIssuer);
  return problems.length > 0 ? { problems } : { client: { line, name, account, credential } };
}

function readAccount({ texts, roles }: RawRow, take: Take, complain: Complain): ImportedAccount {
  for (const role of roles ?? []) {
    const flaw = findNameFlaw(role);
    if (flaw !== undefined) complain('roles', flaw);
  }
  for (const field of ['displayName', 'notes', 'label'] as const) {
    const flaw = findTextFlaw('the text', texts[field] ?? '');
    if (flaw !== undefined) complain(field, flaw);
  }
  return {
    displayName: texts.displayName,
    kind: take('kind', readKind),
    roles,
    validFrom:
      take('validFrom', (text) => readMoment(text, 'from')) ?? (texts.validFrom === undefined ? undefined : null),
    validUntil:
      take('validUntil', (text) => readMoment(text, 'until')) ?? (texts.validUntil === undefined ? undefined : null),
    enabled: take('enabled', readEnabled),
    notes: texts.notes,
  };
}

const WAYS = 'issuer (or its key) and serial, spki, tbs or fingerprint';

function readCredential(
  texts: RawRow['texts'],
  take: Take,
  complain: Complain,
  resolveIssuer: ResolveIssuer,
): NewCredential | undefined {
  const said = (field: Field) => (texts[field] ?? '').trim() !== '';
  const ways = (['serial', 'spki', 'tbs'] as const).filter(said);
  const [second] = ways.slice(1);
  if (second !== undefined) complain(second, 'the certificate is named in two ways; one is enough');
  if (ways.length === 0 && said('issuerKey'))
    complain('issuerKey', 'the key of an issuer says nothing without a serial number');
  if (ways.length === 0 && !said('fingerprint')) {
    if (said('label')) complain('label', `there is no certificate on this line: give ${WAYS}`);
    else if (said('issuer')) complain('issuer', `there is no certificate on this line: give ${WAYS}`);
    return undefined;
  }
  const fingerprint = take('fingerprint', readDigest);
  const { label = '' } = texts;
  const { match, issuerName } = readMatch(ways[0], fingerprint, texts.issuer ?? '', {
    said,
    take,
    complain,
    resolveIssuer,
  });
  if (match === undefined) return undefined;
  const isKnown = fingerprint !== undefined && match.kind !== 'fingerprint';
  return { match, issuerName, label, ...(isKnown && { fingerprint }) };
}

interface MatchContext {
  readonly said: (field: Field) => boolean;
  readonly take: Take;
  readonly complain: Complain;
  readonly resolveIssuer: ResolveIssuer;
}

/** A name beside the issuer's key, or beside no serial number, is for people only. */
function readMatch(
  way: 'serial' | 'spki' | 'tbs' | undefined,
  fingerprint: string | undefined,
  issuer: string,
  { said, take, complain, resolveIssuer }: MatchContext,
): { readonly match: CredentialMatch | undefined; readonly issuerName: string } {
  const plain = (match: CredentialMatch | undefined) => ({ match, issuerName: issuer });
  if (way === 'serial') {
    const serial = take('serial', readSerial);
    if (said('issuerKey')) {
      const issuerSpki = take('issuerKey', readDigest);
      return plain(issuerSpki && serial ? { kind: 'issuer-serial', issuerSpki, serial } : undefined);
    }
    // RFC 5280 4.1.2.2: unique under its issuer only.
    if (!said('issuer')) complain('serial', 'a serial number means nothing without its issuer: give issuer or its key');
    const found = take('issuer', resolveIssuer);
    const match = found && serial ? ({ kind: 'issuer-serial', issuerSpki: found.key, serial } as const) : undefined;
    return { match, issuerName: found?.name ?? '' };
  }
  if (way === 'spki') {
    const spki = take('spki', readDigest);
    return plain(spki === undefined ? undefined : { kind: 'spki', spki });
  }
  if (way === 'tbs') {
    const tbs = take('tbs', readDigest);
    return plain(tbs === undefined ? undefined : { kind: 'tbs', tbs });
  }
  return plain(fingerprint === undefined ? undefined : { kind: 'fingerprint', fingerprint });
}
