// What do the primary and its workers tell each other? Everything in here can be sent from process to process.

import type { Recording } from '../../config/files/disk.ts';
import type { RecentDecision } from '../../decision/recent-decisions.ts';
import type { MetricsSnapshot } from '../../metrics/merge.ts';
import type { ReportEntry, SeenCertificate } from '../../model/traffic.ts';
import type { OutboundAnswer, OutboundRequest } from '../../revocation/outbound-types.ts';
import type { Renewed } from './plan.ts';

/** A configuration as the primary has read it: every worker makes the same of it. */
export interface Order {
  /** The main file, as given. */
  readonly file: string;
  readonly recording: Recording;
  /** When it was read, ms since the epoch. */
  readonly now: number;
  /** What this worker begins with, or began with, whatever the recording says of it. */
  readonly begun: Omit<Renewed, 'workers'>;
  /** How many workers share what `limits.connections` allows. */
  readonly workers: number;
}

export interface StartOrder extends Order {
  readonly ticketKey: Uint8Array;
  /** Descriptors that the primary was started with, one for each listener; empty: none. */
  readonly sockets: readonly number[];
  /** How many decisions to keep for the admin API; undefined: there is none. */
  readonly keptDecisions: number | undefined;
  /** In the place of random numbers for the next look at revocation lists, so that all processes look at the same time. */
  readonly chance: number;
  /** What others have told before. */
  readonly news: readonly News[];
}

/** What one process learns, and the others need to know. */
export type News =
  /** What was judged before is outdated. */
  | { readonly kind: 'moved' }
  /** What clients have taken, as replicas tell each other. */
  | { readonly kind: 'said'; readonly body: string }
  /** The next handshake of that address has to be a full one. */
  | { readonly kind: 'full-handshake'; readonly address: string }
  /** Intermediates of a path that was verified, by what its trust store holds; DER. */
  | { readonly kind: 'intermediates'; readonly contentHash: string; readonly ders: readonly Uint8Array[] };

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

export interface Look {
  readonly decisions: readonly RecentDecision[];
  /** Number of the newest. */
  readonly newest: number;
}

/** What the primary asks of a worker. */
export interface WorkerCalls {
  /** Listens, and serves. Fails with a StartFault where an address cannot be had. */
  start(order: StartOrder): Promise<readonly ListenAddress[]>;
  /** Builds what the order asks for beside what is in force; what fails changes nothing. */
  prepare(order: Order): Promise<void>;
  /** Puts in force what was prepared, or drops it. */
  settle(decision: 'commit' | 'drop'): Promise<void>;
  useTicketKey(key: Uint8Array): void;
  hear(news: News): void;
  /** Decisions after the one of that number. */
  look(after: number): Look;
  connections(): number;
  metrics(): Promise<MetricsSnapshot>;
  /** Drains. Answers with the last numbers when everything is over. */
  stop(): Promise<MetricsSnapshot>;
  /** What is being drained is broken off. */
  stopAtOnce(): void;
}

/** What a worker asks of the primary. */
export interface PrimaryCalls {
  tell(news: News): void;
  recordCertificates(seen: readonly SeenCertificate[]): Promise<void>;
  recordReports(entries: readonly ReportEntry[]): Promise<void>;
  /** OCSP answers that the processes share, as replicas do by Redis. */
  readAnswer(id: string): Uint8Array | undefined;
  writeAnswer(answer: SharedAnswer): void;
  fetchList(request: ListRequest): Promise<OutboundAnswer>;
}

export interface SharedAnswer {
  readonly id: string;
  readonly der: Uint8Array;
  /** ms since the epoch. */
  readonly expires: number;
}

export interface ListRequest extends Omit<OutboundRequest, 'signal'> {
  /** Of the trust store; undefined for none. */
  readonly proxy: string | undefined;
}
