// What is kept of a request that is over, for whoever asks what was decided lately.

import type { Noted } from '../decision/recent-decisions.ts';
import type { Evidence } from '../model/evidence.ts';
import { type ReasonCode, reasonOf } from '../model/reasons.ts';
import { decisionOf, type Visit } from './visit.ts';

/** The default of `validation.maxCertificateBytes`: larger ones are no client's, and a thousand of them would be much. */
const LARGEST_KEPT_BYTES = 16 * 1024;

/** Costs what setting the fields costs: it is done for every request. `now` in ms since the epoch. */
export function noteDecision(noted: Noted, visit: Visit, ms: number, now: number): void {
  const { visitor, evidence, read, judged, refusal, exchange } = visit;
  const { method, url, headers } = visitor.head;
  const reported = judged?.reported;
  noted.at = now;
  noted.requestId = visit.requestId;
  noted.clientAddress = evidence.remoteAddress;
  noted.host = read?.target.authority ?? headers.host ?? '';
  noted.method = method ?? '';
  noted.path = read?.target.path ?? url ?? '';
  noted.status = exchange?.status ?? visitor.status;
  noted.ms = ms;
  noted.decision = decisionOf(visit);
  noted.code = refusal?.code;
  noted.check = refusal?.check;
  noted.note = refusal?.note;
  noted.rule = judged?.rule.id;
  noted.account = judged?.decision.allow ? judged.decision.identity?.account?.name : undefined;
  noted.reportOnly = reported && (reported.allow ? 'allow' : reported.refusal.code);
  noted.verdictFrom = judged?.verdictFrom;
  // Where the rule reads no certificate, none is told of.
  noted.evidence = judged === undefined || judged.rule.mode === 'ignore' ? undefined : keepable(evidence);
}

/** The same of bytes that are no request: what is known without one. */
export function noteBroken(
  noted: Noted,
  { evidence, requestId, code }: { evidence: Evidence; requestId: string; code: ReasonCode },
  now: number,
): void {
  noted.at = now;
  noted.requestId = requestId;
  noted.clientAddress = evidence.remoteAddress;
  noted.host = '';
  noted.method = '';
  noted.path = '';
  noted.status = reasonOf(code).status;
  noted.ms = 0;
  noted.decision = 'deny';
  noted.code = code;
  noted.check = 'client';
  noted.note = undefined;
  noted.rule = undefined;
  noted.account = undefined;
  noted.reportOnly = undefined;
  noted.verdictFrom = undefined;
  // Of no rule it is known whether it would have read one.
  noted.evidence = undefined;
}

function keepable(evidence: Evidence): Evidence | undefined {
  let bytes = evidence.leaf?.length ?? Number.POSITIVE_INFINITY;
  for (const { length } of evidence.presented) bytes += length;
  return bytes <= LARGEST_KEPT_BYTES ? evidence : undefined;
}
