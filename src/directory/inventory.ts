// Which client certificates come? Noted in memory, and brought behind the requests to where they are kept.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { SeenCertificate } from '../model/traffic.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { createBatches } from './batches.ts';
import { joinSightings } from './seen.ts';
import type { TrafficStore } from './traffic-store.ts';

export interface Inventory {
  /** For a certificate that was verified; costs next to nothing when it was noted less than an hour ago. */
  note(leaf: CertificateFacts, issuerSpki: string, account: string | undefined, site: string): void;
  /** Brings what is noted to where it is kept. */
  close(): Promise<void>;
}

export interface InventoryInput {
  readonly store: Pick<TrafficStore, 'recordCertificates'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How exact the last time is: one write per certificate and hour, however often it comes. */
const EXACT_TO_MS = 3_600_000;
/** Written in a tenth of a second, in a thread of its own; more are noted when they come again. */
const MOST_WAITING = 5_000;
/** Forgotten when there are more, at the price of one more write each. */
const MOST_NOTED = 100_000;
/** Of a name: a certificate may have 16 KiB of it. */
const MOST_CHARACTERS = 512;

interface Noted {
  readonly at: number;
  readonly hasAccount: boolean;
}

export function createInventory({ store, clock, log }: InventoryInput): Inventory {
  const noted = new Map<string, Noted>();
  const batches = createBatches<SeenCertificate>({
    write: (seen) => store.recordCertificates(seen),
    onLost(batch) {
      for (const { fingerprint } of batch) noted.delete(fingerprint);
    },
    what: 'certificates that were seen',
    log,
  });

  return {
    note(leaf, issuerSpki, account, site) {
      const now = clock();
      const known = noted.get(leaf.fingerprint);
      const hasNews = account !== undefined && known?.hasAccount === false;
      if (known !== undefined && now - known.at < EXACT_TO_MS && !hasNews) return;
      const { waiting } = batches;
      if (waiting.size >= MOST_WAITING) return;
      if (noted.size >= MOST_NOTED) noted.clear();
      noted.set(leaf.fingerprint, { at: now, hasAccount: account !== undefined });
      const seen = describe(leaf, issuerSpki, account, site, now);
      waiting.set(seen.id, joinSightings(waiting.get(seen.id), seen));
    },
    close: batches.close,
  };
}

function describe(
  leaf: CertificateFacts,
  issuerSpki: string,
  account: string | undefined,
  site: string,
  at: number,
): SeenCertificate {
  const { tbsHash: id, fingerprint, serial, notBefore, notAfter } = leaf;
  const issuer = toStorable(formatRfc4514(leaf.issuer));
  const subject = toStorable(formatRfc4514(leaf.subject));
  const owner = account === undefined ? undefined : toStorable(account);
  const times = { notBefore, notAfter, firstSeenAt: at, lastSeenAt: at };
  return { id, fingerprint, issuerSpki, serial, issuer, subject, account: owner, site, ...times };
}

/** A mapping makes names of what stands in a certificate. What PostgreSQL cannot hold would keep a whole batch out. */
function toStorable(text: string): string {
  return text.slice(0, MOST_CHARACTERS).toWellFormed().replaceAll('\0', '\ufffd');
}
