// What a worker sees in its traffic is kept by the primary.

import type { TrafficStore } from '../../directory/traffic-store.ts';
import type { Link } from './link.ts';
import type { PrimaryCalls } from './protocol.ts';

/** Nothing is read here: the primary looks at what ends, and answers the admin API. */
export function forwardTraffic(primary: Link<PrimaryCalls>): TrafficStore {
  return {
    recordCertificates: (seen) => primary.call('recordCertificates', seen),
    recordReports: (entries) => primary.call('recordReports', entries),
    readCertificates: async () => [],
    readReports: async () => [],
    readEndingAccounts: async () => [],
    // The primary says it.
    claimWarnings: async () => [],
  };
}
