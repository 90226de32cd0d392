// Where is what was seen in the traffic kept? In the directory's database, and in memory where there is none.

import type { SeenCertificate } from '../model/traffic.ts';

/** Everything rejects when it cannot be asked. */
export interface TrafficStore {
  /** Adds them, or takes over what is newer of those that are known. Those seen longest ago go where there are too many. */
  recordCertificates(seen: readonly SeenCertificate[]): Promise<void>;
  /** Those that end first come first. */
  readCertificates(query: SeenQuery): Promise<readonly SeenCertificate[]>;
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

/** Rows of one page: read in a few milliseconds. */
const PAGE_ROWS = 500;

/** All of them, page by page. */
export async function* pagesOf(
  store: Pick<TrafficStore, 'readCertificates'>,
  query: Omit<SeenQuery, 'after' | 'limit'>,
): AsyncGenerator<readonly SeenCertificate[]> {
  let last: SeenCertificate | undefined;
  do {
    const page = await store.readCertificates({ ...query, limit: PAGE_ROWS, ...(last && { after: last }) });
    yield page;
    last = page.length < PAGE_ROWS ? undefined : page.at(-1);
  } while (last !== undefined);
}
