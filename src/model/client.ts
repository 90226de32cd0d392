// Who are the clients of the directory? Accounts, the certificates that belong to them, and what is blocked.
//
// Every time is in milliseconds since the epoch; every digest and key hash is SHA-256 in lower-case hex.

import type { Account } from './identity.ts';

export type ClientKind = 'person' | 'app' | 'device';

/** An account as requests need it. */
export interface DirectoryAccount extends Omit<Account, 'from'> {
  readonly enabled: boolean;
  readonly displayName: string;
  readonly kind: ClientKind;
  /** First and last moment of the permission, both inclusive; undefined: without an end on that side. */
  readonly validFrom: number | undefined;
  readonly validUntil: number | undefined;
}

/** An account as it is kept. */
export interface AccountRecord extends DirectoryAccount {
  readonly notes: string;
  readonly createdAt: number;
  readonly changedAt: number;
}

/** What a holder of a certificate cannot change about it (design rule 11). */
export type CertificateMatch =
  /** The issuer is its key, whatever its name; the serial number is written as in CertificateFacts. */
  | { readonly kind: 'issuer-serial'; readonly issuerSpki: string; readonly serial: string }
  /** The key of the certificate itself, and so every certificate for that key. */
  | { readonly kind: 'spki'; readonly spki: string }
  /** What the issuer signed; for a certificate whose issuer's key is not at hand. */
  | { readonly kind: 'tbs'; readonly tbs: string };

export type CredentialMatch =
  | CertificateMatch
  /** For a certificate that is not at hand; becomes issuer and serial number when it is first seen. */
  | { readonly kind: 'fingerprint'; readonly fingerprint: string };

export type BlockMatch = CertificateMatch | { readonly kind: 'account'; readonly account: string };

/** A certificate of an account; an account may have several, which overlap while one replaces the other. */
export interface Credential {
  readonly id: string;
  readonly account: string;
  readonly match: CredentialMatch;
  /** Of the certificate that was at hand when it was added: for people, and to find it by. Never matched. */
  readonly fingerprint: string | undefined;
  /** For people. */
  readonly issuerName: string;
  readonly label: string;
  readonly createdAt: number;
  /** To within an hour. */
  readonly lastSeenAt: number | undefined;
}

export interface Block {
  readonly id: string;
  readonly match: BlockMatch;
  readonly reason: string;
  /** The last moment it holds; undefined: until it is undone. */
  readonly until: number | undefined;
  readonly createdAt: number;
  readonly createdBy: string;
}

/** One change, as it is remembered. Changes of one request share their generation. */
export interface AuditEntry {
  readonly generation: number;
  /** Place in the request, from 0. */
  readonly position: number;
  readonly at: number;
  readonly actor: string;
  /** `do` of the change, such as `add-block`. */
  readonly action: string;
  /** Name of the account, or id of the credential or block. */
  readonly subject: string;
  /** What was added, changed or taken away; JSON. */
  readonly detail: string;
  readonly why: string;
}
