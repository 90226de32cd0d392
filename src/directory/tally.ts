// What would report-only rules have done? Requests are added up, by rule, outcome and certificate.

import { hash } from 'node:crypto';
import type { ReportEntry, ReportedClient } from '../model/traffic.ts';

/** One request, as a report-only rule has judged it. */
export interface Reported {
  readonly rule: string;
  /** Empty: it would have passed. */
  readonly code: string;
  readonly client: ReportedClient | undefined;
  readonly address: string;
  readonly at: number;
}

/** Adds it to what there is by its key; certificates beyond so many are added to those without a name. */
export function addReported(entries: Map<string, ReportEntry>, reported: Reported, most: number): void {
  const isRoom = entries.size < most || entries.has(keyOf(reported));
  const { at, ...what } = isRoom ? reported : { ...reported, client: undefined };
  const key = keyOf(what);
  const known = entries.get(key);
  const id = known?.id ?? hash('sha256', key);
  entries.set(key, joinReports(known, { id, ...what, count: 1, firstAt: at, lastAt: at }));
}

/** Both together, as the later one says. */
export function joinReports(known: ReportEntry | undefined, next: ReportEntry): ReportEntry {
  if (known === undefined) return next;
  const later = known.lastAt <= next.lastAt ? next : known;
  return { ...later, count: known.count + next.count, firstAt: Math.min(known.firstAt, next.firstAt) };
}

function keyOf({ rule, code, client }: Pick<Reported, 'rule' | 'code' | 'client'>): string {
  return `${rule} ${code} ${client?.fingerprint ?? ''}`;
}
