// Who a request comes from, and what is done with it.

import type { CertificateFacts } from './certificate.ts';
import type { ReasonCode, Refusal } from './reasons.ts';

/** Whom the directory or a mapping says the certificate belongs to. */
export interface Account {
  readonly name: string;
  /** Of the directory; an account that only a mapping gives has none. */
  readonly roles: readonly string[];
  /** `directory`: an entry there names this very certificate or its key. `mapping`: a rule derived it from names. */
  readonly from: 'directory' | 'mapping';
}

/** A verified client. One object per connection, verdict and account version, so that work done on it can be kept by it. */
export interface Identity {
  readonly certificate: CertificateFacts;
  /** Leaf first, anchor last. */
  readonly path: readonly CertificateFacts[];
  readonly account: Account | undefined;
}

/** What is passed on of a certificate that failed, under `forward-unverified` only. */
export interface Unverified {
  readonly code: ReasonCode;
  /** DER as presented. */
  readonly leaf: Uint8Array;
}

/** What is done with one request. Never cached. */
export type Decision =
  | { readonly allow: true; readonly identity: Identity | undefined; readonly unverified: Unverified | undefined }
  | { readonly allow: false; readonly refusal: Refusal };
