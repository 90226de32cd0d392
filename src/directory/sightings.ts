// When was a certificate last seen? Noted in memory, and brought to the database now and then, behind the requests.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { createBatches } from './batches.ts';
import type { FoundCredential } from './look-up.ts';
import type { DirectoryStore, Sighting } from './store.ts';

export interface Sightings {
  /** For a certificate that was verified; costs next to nothing when it was noted less than an hour ago. */
  note(credential: FoundCredential, leaf: CertificateFacts, issuerSpki: string): void;
  /** Brings what is noted to the database. */
  close(): Promise<void>;
}

export interface SightingsInput {
  readonly store: Pick<DirectoryStore, 'recordSeen'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How exact the last time is: one write per certificate and hour, however often it comes. */
const EXACT_TO_MS = 3_600_000;
/** As many as 100,000 clients that come within a few minutes; more are noted when they come again. */
const MOST_WAITING = 10_000;

export function createSightings({ store, clock, log }: SightingsInput): Sightings {
  // Noted here, whatever the database has taken; forgotten when it is full, at the price of one more write each.
  const noted = new Map<string, number>();
  const batches = createBatches<Sighting>({
    write: (sightings) => store.recordSeen(sightings),
    onLost(sightings) {
      for (const { credential } of sightings) noted.delete(credential);
    },
    what: 'last-seen times',
    log,
  });

  return {
    note({ id, lastSeenAt = 0, unbound }, leaf, issuerSpki) {
      const now = clock();
      if (now - Math.max(lastSeenAt, noted.get(id) ?? 0) < EXACT_TO_MS && (!unbound || noted.has(id))) return;
      const { waiting } = batches;
      if (waiting.size >= MOST_WAITING) return;
      if (noted.size >= MOST_WAITING * 10) noted.clear();
      noted.set(id, now);
      waiting.set(id, { credential: id, at: now, bind: unbound ? { issuerSpki, serial: leaf.serial } : undefined });
    },
    close: batches.close,
  };
}
