// What do the lines of a log say of report-only rules? For gateways without a directory, and for times before it was kept.

import { MOST_REPORTS } from '../directory/report-rows.ts';
import { addReported } from '../directory/tally.ts';
import type { ReportEntry, ReportedClient } from '../model/traffic.ts';
import { readLog } from './logged-request.ts';

/** `file` as findLoggedRequest takes it. */
export async function readLoggedReports(file: string): Promise<readonly ReportEntry[]> {
  const entries = new Map<string, ReportEntry>();
  for await (const line of readLog(file, '"reportOnly"')) {
    const { rule, reportOnly, decision, clientAddress, time } = line;
    const at = Date.parse(String(time));
    // Whoever is refused already is not refused by enforcing more.
    if (typeof rule !== 'string' || typeof reportOnly !== 'string' || decision !== 'allow' || Number.isNaN(at))
      continue;
    const code = reportOnly === 'allow' ? '' : reportOnly;
    const client = code === '' ? undefined : readClient(line);
    addReported(entries, { rule, code, client, address: String(clientAddress ?? ''), at }, MOST_REPORTS);
  }
  return [...entries.values()];
}

function readClient(line: Readonly<Record<string, unknown>>): ReportedClient | undefined {
  const { fingerprint, subject, issuer, serial, account } = line;
  if (typeof fingerprint !== 'string') return undefined;
  return {
    fingerprint,
    subject: String(subject ?? ''),
    issuer: String(issuer ?? ''),
    serial: String(serial ?? ''),
    account: typeof account === 'string' ? account : undefined,
  };
}
