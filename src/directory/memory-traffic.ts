// What was seen in the traffic, in memory: for a gateway without a directory.

import type { SeenCertificate } from '../model/traffic.ts';
import { joinSightings } from './seen.ts';
import type { TrafficStore } from './traffic-store.ts';

/** A kilobyte each: 10 MB. */
const MOST_SEEN = 10_000;

export function createMemoryTraffic(): TrafficStore {
  // In the order in which they were written last.
  const certificates = new Map<string, SeenCertificate>();

  return {
    async recordCertificates(seen) {
      for (const each of seen) {
        const joined = joinSightings(certificates.get(each.id), each);
        certificates.delete(each.id);
        certificates.set(each.id, joined);
      }
      for (const id of certificates.keys()) {
        if (certificates.size <= MOST_SEEN) break;
        certificates.delete(id);
      }
    },
    async readCertificates({ fingerprint, account, endsFrom = 0, endsUntil = Infinity, after, limit }) {
      return [...certificates.values()]
        .filter((each) => fingerprint === undefined || each.fingerprint === fingerprint)
        .filter((each) => account === undefined || each.account === account)
        .filter(({ notAfter }) => notAfter >= endsFrom && notAfter <= endsUntil)
        .filter((each) => after === undefined || byEnd(after, each) < 0)
        .sort(byEnd)
        .slice(0, limit);
    },
  };
}

type Ended = Pick<SeenCertificate, 'notAfter' | 'id'>;

function byEnd(a: Ended, b: Ended): number {
  if (a.notAfter !== b.notAfter) return a.notAfter - b.notAfter;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}
