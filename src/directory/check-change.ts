// Is one change well formed? What it does to others is judged in plan.ts.

import type { BlockMatch, CredentialMatch } from '../model/client.ts';
import type { AccountEdit, Change, NewCredential } from './changes.ts';

/** Long enough for any account of a directory in use, and short enough for a header. */
const MAX_NAME = 256;
const MAX_TEXT = 4_096;
const MAX_ROLES = 64;
/** An account has a few certificates in use at a time. */
const MAX_CREDENTIALS = 100;

const KINDS: readonly string[] = ['person', 'app', 'device'];
const DIGEST = /^[0-9a-f]{64}$/;
/** RFC 5280 4.1.2.2: positive, and at most 20 octets. */
const SERIAL = /^(?!00)([0-9A-F]{2}){1,20}$/;

/** What is wrong, for people; undefined when nothing is. */
export function findFlaw(change: Change): string | undefined {
  switch (change.do) {
    case 'add-account': {
      const { account, credentials = [] } = change;
      if (credentials.length > MAX_CREDENTIALS) return `more than ${MAX_CREDENTIALS} certificates`;
      return findNameFlaw(account.name) ?? findEditFlaw(account) ?? findFirst(credentials, findCredentialFlaw);
    }
    case 'edit-account':
      return findEditFlaw(change.set);
    case 'add-credential':
      return findCredentialFlaw(change.credential);
    case 'add-block': {
      const { match, reason, until } = change;
      if (reason === '') return 'a block needs a reason';
      return findMatchFlaw(match) ?? findTextFlaw('reason', reason) ?? findTimeFlaw('until', until);
    }
    case 'remove-account':
    case 'remove-credential':
    case 'remove-block':
      return undefined;
  }
}

/** For names of accounts, roles and actors: nothing in them is invisible. */
export function findNameFlaw(name: string): string | undefined {
  if (name === '' || name.length > MAX_NAME) return `a name has 1 to ${MAX_NAME} characters`;
  if (name.trim() !== name) return 'a name has no space around it';
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name) ? 'a name has no control or formatting characters' : undefined;
}

/** Lines and tabs are text; what turns the direction of writing is not (U+202E and its like hide what is shown). */
export function findTextFlaw(what: string, text: string): string | undefined {
  if (text.length > MAX_TEXT) return `${what}: more than ${MAX_TEXT} characters`;
  const plain = text.replace(/[\t\r\n]/g, ' ');
  return /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u.test(plain) ? `${what}: control characters` : undefined;
}

function findEditFlaw(edit: AccountEdit): string | undefined {
  const { displayName = '', kind = 'person', roles = [], validFrom, validUntil, notes = '' } = edit;
  if (!KINDS.includes(kind)) return `kind: expected one of ${KINDS.join(', ')}`;
  if (roles.length > MAX_ROLES) return `more than ${MAX_ROLES} roles`;
  return (
    findTextFlaw('display name', displayName) ??
    findTextFlaw('notes', notes) ??
    findFirst(roles, findNameFlaw) ??
    findTimeFlaw('from', validFrom) ??
    findTimeFlaw('until', validUntil) ??
    findOrderFlaw(validFrom, validUntil)
  );
}

/** Also asked of the account that an edit leads to. */
export function findOrderFlaw(from: number | null | undefined, until: number | null | undefined): string | undefined {
  const both = typeof from === 'number' && typeof until === 'number';
  return both && from > until ? 'the permission ends before it begins' : undefined;
}

function findTimeFlaw(what: string, time: number | null | undefined): string | undefined {
  if (time === undefined || time === null) return undefined;
  return Number.isSafeInteger(time) && time >= 0 ? undefined : `${what}: not a time in milliseconds`;
}

function findCredentialFlaw({ match, fingerprint, issuerName = '', label = '' }: NewCredential): string | undefined {
  if (fingerprint !== undefined && !DIGEST.test(fingerprint)) return 'fingerprint: expected a SHA-256 digest';
  return findMatchFlaw(match) ?? findTextFlaw('name of the issuer', issuerName) ?? findTextFlaw('label', label);
}

function findMatchFlaw(match: CredentialMatch | BlockMatch): string | undefined {
  switch (match.kind) {
    case 'issuer-serial':
      if (!SERIAL.test(match.serial)) return 'serial number: expected hexadecimal digits such as 0A1B2C';
      return findDigestFlaw('key of the issuer', match.issuerSpki);
    case 'spki':
      return findDigestFlaw('key', match.spki);
    case 'tbs':
      return findDigestFlaw('signed content', match.tbs);
    case 'fingerprint':
      return findDigestFlaw('fingerprint', match.fingerprint);
    case 'account':
      return findNameFlaw(match.account);
  }
}

function findDigestFlaw(what: string, text: string): string | undefined {
  return DIGEST.test(text) ? undefined : `${what}: expected 64 lower-case hexadecimal digits (SHA-256)`;
}

function findFirst<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const flaw = find(item);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}
