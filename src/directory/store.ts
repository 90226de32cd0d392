// What must a database of clients be able to do? The interface that SQLite and PostgreSQL both fulfil.

import type { AccountRecord, AuditEntry, Block, Credential } from '../model/client.ts';
import type { ChangeOutcome, ChangeRequest } from './changes.ts';
import type { KnownAccount } from './read-account.ts';
import type { TrafficStore } from './traffic-store.ts';

/** Everything rejects when the database cannot be used; nothing waits for it without an end. */
export interface DirectoryStore extends TrafficStore {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * Makes the database, or brings it to this version's schema. Needed once before everything else, and again when the
   * database was away, for it may be another then. Throws StartFault where a newer version's schema cannot be used.
   */
  prepare(): Promise<void>;
  /** Raised by every transaction that changes what requests are judged by. */
  generation(): Promise<number>;
  /**
   * Reads what has changed since a generation, or everything, in batches and as of one moment; others have their turn
   * in between. It is everything, too, where too much has changed, or where it is no longer known what.
   */
  load(since: number | undefined, take: (batch: Batch, loaded: Loaded) => void): Promise<Loaded>;
  /** One account, by its whole name. */
  readAccount(name: string): Promise<KnownAccount | undefined>;
  /** All in one transaction; where there are problems, nothing. */
  change(request: ChangeRequest): Promise<ChangeOutcome>;
  /** Remembers when certificates were seen last, and whose a fingerprint turned out to be. */
  recordSeen(sightings: readonly Sighting[]): Promise<void>;
  /** The newest first. `before`: only those of older generations. */
  readAudit(page: AuditPage): Promise<readonly AuditEntry[]>;
  /** Calls soon after something may have changed, though perhaps not each time, until closed. Called once. */
  watch(onMoved: () => void): void;
  close(): Promise<void>;
}

export interface Loaded {
  readonly generation: number;
  /** Everything was read, and not only what has changed. */
  readonly whole: boolean;
}

export interface Batch {
  readonly removals: readonly Removal[];
  readonly accounts: readonly AccountRecord[];
  readonly credentials: readonly Credential[];
  readonly blocks: readonly Block[];
}

export interface Removal {
  readonly kind: 'account' | 'credential' | 'block';
  /** Name of the account, or the id. */
  readonly id: string;
}

export interface Sighting {
  /** Id of the credential. */
  readonly credential: string;
  readonly at: number;
  /** Issuer's key hash and serial number of the certificate, for a credential that knows its fingerprint only. */
  readonly bind: { readonly issuerSpki: string; readonly serial: string } | undefined;
}

export interface AuditPage {
  readonly limit: number;
  readonly before?: number;
}
