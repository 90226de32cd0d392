// Who would be refused if report-only rules were enforced? Added up in memory, and brought behind the requests to where
// it is kept.

import type { Log } from '../model/log.ts';
import type { ReportEntry } from '../model/traffic.ts';
import { createBatches } from './batches.ts';
import { addReported, type Reported } from './tally.ts';
import type { TrafficStore } from './traffic-store.ts';

export interface Reports {
  /** For a request that was allowed, and judged by a report-only rule beside. */
  note(reported: Reported): void;
  /** Brings what is noted to where it is kept. */
  close(): Promise<void>;
}

export interface ReportsInput {
  readonly store: Pick<TrafficStore, 'recordReports'>;
  readonly log: Log;
}

/** Of 5 s. Whoever makes certificates of their own could name any number. */
const MOST_WAITING = 1_000;

export function createReports({ store, log }: ReportsInput): Reports {
  const batches = createBatches<ReportEntry>({
    write: (entries) => store.recordReports(entries),
    // Numbers that are too small; the log has every request.
    onLost() {},
    what: 'outcomes of report-only rules',
    log,
  });
  return {
    note: (reported) => addReported(batches.waiting, reported, MOST_WAITING),
    close: batches.close,
  };
}
