// What was seen in the traffic, in memory: for a gateway without a directory.

import type { ReportEntry, SeenCertificate } from '../model/traffic.ts';
import { joinSightings } from './seen.ts';
import { joinReports } from './tally.ts';
import type { TrafficStore } from './traffic-store.ts';

/** A kilobyte each: 10 MB. */
const MOST_SEEN = 10_000;
const MOST_REPORTS = 1_000;

export function createMemoryTraffic(): TrafficStore {
  // In the order in which they were written last.
  const certificates = new Map<string, SeenCertificate>();
  const reports = new Map<string, ReportEntry>();

  return {
    async recordCertificates(seen) {
      for (const each of seen) putLast(certificates, each.id, joinSightings(certificates.get(each.id), each));
      dropFirst(certificates, MOST_SEEN);
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
    // Nobody else could have said it, and who asks remembers what was.
    claimWarnings: async (claims) => claims.map(({ id }) => id),
    readEndingAccounts: async () => [],
    async recordReports(entries) {
      for (const each of entries) putLast(reports, each.id, joinReports(reports.get(each.id), each));
      dropFirst(reports, MOST_REPORTS);
    },
    async readReports({ after, limit }) {
      return [...reports.values()]
        .filter(({ id }) => after === undefined || id > after.id)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit);
    },
  };
}

function putLast<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}

function dropFirst(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}

type Ended = Pick<SeenCertificate, 'notAfter' | 'id'>;

function byEnd(a: Ended, b: Ended): number {
  if (a.notAfter !== b.notAfter) return a.notAfter - b.notAfter;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}
