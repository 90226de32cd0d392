// What can be changed in the directory, and what can be wrong with a change?

import type { BlockMatch, ClientKind, CredentialMatch } from '../model/client.ts';

export interface NewAccount {
  readonly name: string;
  readonly displayName?: string;
  readonly kind: ClientKind;
  readonly roles?: readonly string[];
  readonly validFrom?: number;
  readonly validUntil?: number;
  /** Left out: true. */
  readonly enabled?: boolean;
  readonly notes?: string;
}

export interface NewCredential {
  readonly match: CredentialMatch;
  readonly fingerprint?: string;
  readonly issuerName?: string;
  readonly label?: string;
}

/** What is left out stays; null takes a date away. */
export interface AccountEdit {
  readonly displayName?: string;
  readonly kind?: ClientKind;
  readonly roles?: readonly string[];
  readonly validFrom?: number | null;
  readonly validUntil?: number | null;
  readonly enabled?: boolean;
  readonly notes?: string;
}

export type Change =
  | { readonly do: 'add-account'; readonly account: NewAccount; readonly credentials?: readonly NewCredential[] }
  | { readonly do: 'edit-account'; readonly name: string; readonly set: AccountEdit }
  /** With its certificates. Blocks of the account stay, and hold for another of that name. */
  | { readonly do: 'remove-account'; readonly name: string }
  | { readonly do: 'add-credential'; readonly account: string; readonly credential: NewCredential }
  | { readonly do: 'remove-credential'; readonly id: string }
  | { readonly do: 'add-block'; readonly match: BlockMatch; readonly reason: string; readonly until?: number }
  | { readonly do: 'remove-block'; readonly id: string };

export interface ChangeRequest {
  /** Who does it, for the audit. */
  readonly actor: string;
  readonly why?: string;
  /** In this order; each sees what those before it did. */
  readonly changes: readonly Change[];
}

export type ChangeOutcome =
  | {
      readonly done: true;
      readonly generation: number;
      /** For each change the ids of the credentials or the block that it made. */
      readonly made: readonly (readonly string[])[];
    }
  /** Nothing was changed. All problems, in the order of the changes. */
  | { readonly done: false; readonly problems: readonly ChangeProblem[] };

export interface ChangeProblem {
  /** Which change, from 0; undefined: the request itself. */
  readonly index: number | undefined;
  readonly code:
    | 'invalid'
    | 'account-exists'
    | 'account-unknown'
    | 'certificate-taken'
    | 'credential-unknown'
    | 'block-unknown';
  /** For people: what was found, and whose a taken certificate is. */
  readonly message: string;
}

/** Two and a half times the largest directory that is provided for: a request is held in memory while it is checked. */
export const MAX_CHANGES = 250_000;
