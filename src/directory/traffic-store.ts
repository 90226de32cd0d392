// Where is what was seen in the traffic kept? In the directory's database, and in memory where there is none.

import type { AccountRecord } from '../model/client.ts';
import type { ReportEntry, SeenCertificate } from '../model/traffic.ts';

/** Everything rejects when it cannot be asked. */
export interface TrafficStore {
  /** Adds them, or takes over what is newer of those that are known. Those seen longest ago go where there are too many. */
  recordCertificates(seen: readonly SeenCertificate[]): Promise<void>;
  /** Those that end first come first. */
  readCertificates(query: SeenQuery): Promise<readonly SeenCertificate[]>;
  /** Adds what report-only rules would have done to what is known of it. */
  recordReports(entries: readonly ReportEntry[]): Promise<void>;
  /** By id. */
  readReports(query: ReportQuery): Promise<readonly ReportEntry[]>;
  /** Enabled accounts whose permission ends, those that end first before the others. */
  readEndingAccounts(query: EndingQuery): Promise<readonly AccountRecord[]>;
  /** Whoever claims first may say it: gives the ids that nobody has claimed before. Remembered until the thing has ended. */
  claimWarnings(claims: readonly WarningClaim[]): Promise<readonly string[]>;
}

/** All that is given must hold. */
export interface SeenQuery {
  readonly fingerprint?: string;
  readonly account?: string;
  /** Bounds of `notAfter`, inclusive. */
  readonly endsFrom?: number;
  readonly endsUntil?: number;
  /** Only those behind this one, for the next page. */
  readonly after?: Pick<SeenCertificate, 'notAfter' | 'id'>;
  readonly limit: number;
}

export interface EndingQuery {
  /** Bounds of `validUntil`, inclusive. */
  readonly endsFrom: number;
  readonly endsUntil: number;
  /** Only those behind this one, for the next page. */
  readonly after?: Pick<AccountRecord, 'validUntil' | 'name'>;
  readonly limit: number;
}

export interface WarningClaim {
  readonly id: string;
  readonly endsAt: number;
}

export interface ReportQuery {
  /** Only those behind this one, for the next page. */
  readonly after?: Pick<ReportEntry, 'id'>;
  readonly limit: number;
}

/** Rows of one page: read in a few milliseconds. */
const PAGE_ROWS = 500;

interface Page<T> {
  readonly after?: T;
  readonly limit: number;
}

/** All of them, page by page: `read` gives one page. */
export async function* pagesOf<T>(read: (page: Page<T>) => Promise<readonly T[]>): AsyncGenerator<readonly T[]> {
  let last: T | undefined;
  do {
    const page = await read({ limit: PAGE_ROWS, ...(last !== undefined && { after: last }) });
    yield page;
    last = page.length < PAGE_ROWS ? undefined : page.at(-1);
  } while (last !== undefined);
}
