// How is it shown who would be refused by report-only rules?

import type { ReportEntry } from '../model/traffic.ts';
import { formatMoment, formatTable } from './directory-text.ts';

export interface RuleReport {
  readonly rule: string;
  /** It is report-only today; else it was when this came. */
  readonly configured: boolean;
  /** Requests that it has judged, and those of them that it would have refused. */
  readonly requests: number;
  readonly refused: number;
  /** The first of them, ms since the epoch; undefined: there was none. */
  readonly since: number | undefined;
  /** Those who would be refused, the most frequent first. */
  readonly clients: readonly ReportEntry[];
}

/** `rules`: names of those that are report-only today. */
export function describeRules(rules: readonly string[], entries: readonly ReportEntry[]): RuleReport[] {
  const byRule = Map.groupBy(entries, ({ rule }) => rule);
  const names = new Set([...rules, ...byRule.keys()]);
  return [...names].sort().map((rule) => {
    const own = byRule.get(rule) ?? [];
    const clients = own.filter(({ code }) => code !== '').sort((a, b) => b.count - a.count);
    return {
      rule,
      configured: rules.includes(rule),
      requests: sum(own),
      refused: sum(clients),
      since: own.length === 0 ? undefined : Math.min(...own.map(({ firstAt }) => firstAt)),
      clients,
    };
  });
}

function sum(entries: readonly ReportEntry[]): number {
  return entries.reduce((total, { count }) => total + count, 0);
}

export function ruleToPlain({ since, clients, ...report }: RuleReport): object {
  return {
    ...report,
    ...(since !== undefined && { since: formatMoment(since) }),
    clients: clients.map(({ code, client, address, count, firstAt, lastAt }) => ({
      code,
      ...client,
      address,
      requests: count,
      firstAt: formatMoment(firstAt),
      lastAt: formatMoment(lastAt),
    })),
  };
}

export function rulesToText(reports: readonly RuleReport[]): string {
  if (reports.length === 0) return 'no rule is report-only\n';
  return reports.map((report) => `${headOf(report)}\n${indent(formatTable(report.clients.map(rowOf)))}`).join('');
}

function headOf({ rule, configured, requests, refused, since }: RuleReport): string {
  const name = configured ? rule : `${rule} (not report-only any more)`;
  if (since === undefined) return `${name}: nothing was judged`;
  const outcome = refused === 0 ? `none of ${requests} requests` : `${refused} of ${requests} requests`;
  return `${name}: ${outcome} would be refused, since ${formatMoment(since)}`;
}

function rowOf({ code, client, address, count, lastAt }: ReportEntry): string[] {
  const last = `last ${formatMoment(lastAt)} from ${address}`;
  if (client === undefined) return [String(count), code, last, 'no certificate, or one that cannot be told'];
  const { subject, serial, issuer, account } = client;
  const owner = account === undefined ? '' : `, account ${account}`;
  return [String(count), code, last, `${subject}, serial ${serial} of ${issuer}${owner}`];
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
