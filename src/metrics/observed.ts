// What is not counted but looked at whenever the metrics are read: what is open, in force, known, and when it ends.

import type { Tallies } from './tally.ts';

/** What there is to look at; each is asked whenever the metrics are read. */
export interface Observed {
  /** Whether the event loop comes too late. */
  isOverloaded(): boolean;
  openRequests(): OpenRequests;
  /** The revocation lists in force. */
  lists(): readonly ObservedList[];
  /** Configured addresses of lists. */
  listAddresses(): readonly { readonly address: string; readonly failures: number }[];
  directory(): ObservedDirectory;
  expiry(): ObservedExpiry;
}

export interface OpenRequests {
  readonly http: number;
  readonly websocket: number;
}

/** A revocation list as metrics tell of it. */
export interface ObservedList {
  /** Name of the trust store. */
  readonly trust: string;
  /** Name of its authority. */
  readonly issuer: string;
  readonly kind: 'complete' | 'delta';
  /** ms since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly entries: number;
}

export interface ObservedDirectory {
  /** Whether what it says counts. */
  readonly usable: boolean;
  readonly accounts: number;
  readonly credentials: number;
  readonly blocks: number;
}

export interface ObservedExpiry {
  readonly ends: readonly ObservedEnd[];
  readonly counts: readonly ObservedCount[];
}

/** Something of the configuration, or that a responder signs with. */
export interface ObservedEnd {
  readonly kind: string;
  /** Name of the trust store; empty for none. */
  readonly trust: string;
  readonly name: string;
  /** ms since the epoch. */
  readonly endsAt: number;
}

/** How many of a kind end within so many days. */
export interface ObservedCount {
  readonly kind: string;
  readonly days: number;
  readonly count: number;
}

/** Of a configuration with large bundles of public authorities. Those that end first are told of. */
const MOST_ENDS = 1_000;

/** Gauges of whatever `observed` holds at the time. */
export function createObservedGauges({ gauge }: Tallies, observed: Partial<Observed>): void {
  gauge('overloaded', () => (observed.isOverloaded === undefined ? [] : [[[], Number(observed.isOverloaded())]]));
  gauge('open_requests', () => Object.entries(observed.openRequests?.() ?? {}).map(([kind, count]) => [[kind], count]));
  gauge('crl_fetch_failures', () =>
    (observed.listAddresses?.() ?? []).map(({ address, failures }) => [[address], failures]),
  );
  createListGauges(gauge, () => observed.lists?.() ?? []);
  gauge('directory_usable', () => {
    const directory = observed.directory?.();
    return directory === undefined ? [] : [[[], Number(directory.usable)]];
  });
  gauge('directory_entries', () => {
    const { usable, ...counts } = observed.directory?.() ?? {};
    return Object.entries(counts).map(([kind, count]) => [[kind], count]);
  });
  gauge('certificate_expiry_timestamp_seconds', () => {
    const firstToEnd = (observed.expiry?.().ends ?? []).toSorted((a, b) => a.endsAt - b.endsAt).slice(0, MOST_ENDS);
    // Of several with one name the first to end is told of, and so it comes last.
    return firstToEnd.reverse().map(({ kind, trust, name, endsAt }) => [[kind, trust, name], endsAt / 1000]);
  });
  gauge('clients_ending', () =>
    (observed.expiry?.().counts ?? []).map(({ kind, days, count }) => [[kind, days], count]),
  );
}

function createListGauges(gauge: Tallies['gauge'], lists: () => readonly ObservedList[]): void {
  // Of several of one authority the newest is told of.
  const oldestFirst = () => lists().toSorted((a, b) => a.thisUpdate - b.thisUpdate);
  const labelsOf = ({ trust, issuer, kind }: ObservedList) => [trust, issuer, kind] as const;
  gauge('crl_this_update_timestamp_seconds', () =>
    oldestFirst().map((list) => [labelsOf(list), list.thisUpdate / 1000]),
  );
  gauge('crl_next_update_timestamp_seconds', () =>
    oldestFirst().flatMap((list) =>
      list.nextUpdate === undefined ? [] : [[labelsOf(list), list.nextUpdate / 1000] as const],
    ),
  );
  gauge('crl_entries', () => oldestFirst().map((list) => [labelsOf(list), list.entries]));
}
