// How is the directory written for an import elsewhere, and for spreadsheets? As CSV or as JSON.

import type { AccountRecord, Credential } from '../model/client.ts';
import { joinRoles } from './import-cells.ts';
import { columnOf, FIELDS, type Field } from './import-rows.ts';

export interface ExportedAccount {
  readonly account: AccountRecord;
  readonly credentials: readonly Credential[];
}

type Texts = Readonly<Partial<Record<Field, string>>>;

/** One row for each certificate, and one for an account without any. */
export function writeCsv(accounts: Iterable<ExportedAccount>): string {
  const rows = [FIELDS.map(columnOf).join(',')];
  for (const { account, credentials } of accounts) {
    const texts = { ...accountTexts(account), roles: joinRoles(account.roles), enabled: String(account.enabled) };
    const certificates = credentials.length === 0 ? [{}] : credentials.map(certificateTexts);
    for (const certificate of certificates) rows.push(writeRow({ ...texts, ...certificate }));
  }
  return `${rows.join('\r\n')}\r\n`;
}

/** One account on each line, so that a comparison of two exports shows accounts. */
export function writeJson(accounts: Iterable<ExportedAccount>): string {
  const lines = [...accounts].map(({ account, credentials }) => {
    const { roles, enabled } = account;
    return JSON.stringify({
      ...accountTexts(account),
      roles,
      enabled,
      certificates: credentials.map(certificateTexts),
    });
  });
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

function accountTexts({ name, displayName, kind, validFrom, validUntil, notes }: AccountRecord): Texts {
  return {
    account: name,
    displayName,
    kind,
    ...(validFrom !== undefined && { validFrom: new Date(validFrom).toISOString() }),
    ...(validUntil !== undefined && { validUntil: new Date(validUntil).toISOString() }),
    notes,
  };
}

function certificateTexts({ match, fingerprint, issuerName, label }: Credential): Texts {
  const common = { ...(fingerprint !== undefined && { fingerprint }), issuer: issuerName, label };
  switch (match.kind) {
    case 'issuer-serial':
      return { ...common, issuerKey: match.issuerSpki, serial: match.serial };
    case 'spki':
      return { ...common, spki: match.spki };
    case 'tbs':
      return { ...common, tbs: match.tbs };
    case 'fingerprint':
      return { ...common, fingerprint: match.fingerprint };
  }
}

function writeRow(texts: Texts): string {
  return FIELDS.map((field) => writeCell(texts[field] ?? '')).join(',');
}

/** What a spreadsheet would take for a formula (OWASP: CSV injection) gets an apostrophe in front, which the import takes away. */
function writeCell(text: string): string {
  const guarded = /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",;\t\r\n]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
