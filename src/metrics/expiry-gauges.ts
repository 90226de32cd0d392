// When does what is configured end, and how many clients end soon? Looked at whenever the metrics are read.

import { Gauge, type Registry } from 'prom-client';

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

export interface ObservedExpiry {
  readonly ends: readonly ObservedEnd[];
  readonly counts: readonly ObservedCount[];
}

/** Of a configuration with large bundles of public authorities. Those that end first are told of. */
const MOST_SERIES = 1_000;

export function createExpiryGauges(registers: Registry[], observe: () => ObservedExpiry): void {
  new Gauge({
    name: 'portcullis_certificate_expiry_timestamp_seconds',
    help: 'When certificates of the configuration end, and those of OCSP responders.',
    labelNames: ['kind', 'trust', 'name'],
    registers,
    collect() {
      this.reset();
      const firstToEnd = observe().ends.toSorted((a, b) => a.endsAt - b.endsAt);
      // Of several with one name the first to end is told of, and so it comes last.
      for (const { kind, trust, name, endsAt } of firstToEnd.slice(0, MOST_SERIES).reverse()) {
        this.set({ kind, trust, name }, endsAt / 1000);
      }
    },
  });
  new Gauge({
    name: 'portcullis_clients_expiry_count',
    help: 'Permissions, and client certificates that were seen, that end within so many days.',
    labelNames: ['kind', 'days'],
    registers,
    collect() {
      this.reset();
      for (const { kind, days, count } of observe().counts) this.set({ kind, days }, count);
    },
  });
}
