// One request on its way through the gate, and the line the log gets of it.

import { type Judged, tellingAnswer } from '../decision/decide.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Exchange } from '../model/exchange.ts';
import { type ReasonCode, type Refusal, reasonOf } from '../model/reasons.ts';
import { toPrintable } from '../model/text.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { Malformed } from '../x509/malformed.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import type { ReadTarget } from './read-target.ts';
import type { Visitor } from './visitor.ts';

export interface Visit {
  readonly requestId: string;
  readonly visitor: Visitor;
  readonly evidence: Evidence;
  /** Monotonic, ms. */
  readonly startedAt: number;
  read?: ReadTarget;
  judged?: Judged;
  /** Answered here, with nothing that is anybody's secret. */
  served?: true;
  /** There once the request was allowed. */
  exchange?: Exchange;
  /** Why it was refused, or broken off later. */
  refusal?: Refusal;
}

export function beginVisit(visitor: Visitor, evidence: Evidence, requestId: string): Visit {
  return { requestId, visitor, evidence, startedAt: performance.now() };
}

/** Allowed, whatever became of it afterwards. */
export function decisionOf(visit: Visit): 'allow' | 'deny' {
  return visit.exchange === undefined && visit.served === undefined ? 'deny' : 'allow';
}

/** Fields of the log line (design section 8). `status` 0: broken off without an answer. */
export function visitLine(visit: Visit, ms: number, now: number): object {
  const { visitor, evidence, read, judged, refusal, exchange } = visit;
  const { method, url, headers } = visitor.head;
  const identity = judged?.decision.allow ? judged.decision.identity : undefined;
  return {
    requestId: visit.requestId,
    clientAddress: evidence.remoteAddress,
    host: read?.target.authority ?? visible(headers.host),
    method,
    path: read?.target.path ?? visible(url?.split('?', 1)[0]),
    status: exchange?.status ?? visitor.status,
    ms: round(ms),
    decision: decisionOf(visit),
    ...(refusal && { code: refusal.code, check: refusal.check, note: visible(refusal.note) }),
    rule: judged?.rule.id,
    ...(judged?.reported && { reportOnly: judged.reported.allow ? 'allow' : judged.reported.refusal.code }),
    account: identity?.account?.name,
    ...certificateFields(visit),
    verdictFrom: judged?.verdictFrom,
    revocation: revocationField(judged, now),
    tls: evidence.tlsVersion,
    resumed: evidence.resumed,
    upstreamMs: exchange?.upstreamMs === undefined ? undefined : round(exchange.upstreamMs),
  };
}

/** The same for bytes that are no request: what is known without one. */
export function brokenLine(evidence: Evidence, requestId: string, code: ReasonCode): object {
  const { remoteAddress, tlsVersion, resumed } = evidence;
  const { status } = reasonOf(code);
  return { requestId, clientAddress: remoteAddress, status, decision: 'deny', code, tls: tlsVersion, resumed };
}

interface CertificateFields {
  readonly subject?: string | undefined;
  readonly issuer?: string | undefined;
  readonly serial?: string;
  readonly fingerprint?: string;
}

/** The default of `validation.maxCertificateBytes`. */
const LARGEST_STRANGER_BYTES = 16 * 1024;

const described = new WeakMap<Evidence, CertificateFields>();

/** What was presented, verified or not; nothing where the rule reads no certificate. Made once per connection. */
function certificateFields({ evidence, judged }: Visit): CertificateFields {
  if (judged === undefined || judged.rule.mode === 'ignore' || evidence.leaf === undefined) return {};
  const verified = judged.verdict?.valid ? judged.verdict.path[0] : undefined;
  const known = described.get(evidence) ?? describeCertificate(verified ?? readStranger(evidence.leaf));
  described.set(evidence, known);
  return known;
}

function describeCertificate(facts: CertificateFacts | undefined): CertificateFields {
  if (facts === undefined) return {};
  const { subject, issuer, serial, fingerprint } = facts;
  return { subject: visible(formatRfc4514(subject)), issuer: visible(formatRfc4514(issuer)), serial, fingerprint };
}

/** undefined: malformed, or larger than is worth the time for somebody who is refused. */
function readStranger(der: Uint8Array): CertificateFacts | undefined {
  try {
    return parseCertificate(der, LARGEST_STRANGER_BYTES);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function revocationField(judged: Judged | undefined, now: number): object | undefined {
  const answer = tellingAnswer(judged?.verdict);
  if (answer === undefined) return undefined;
  const { status, source, producedAt, note } = answer;
  const ageSeconds = producedAt === undefined ? undefined : Math.round((now - producedAt) / 1000);
  return { status, source, ageSeconds, note: visible(note) };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function visible(text: string | undefined): string | undefined {
  return text === undefined ? undefined : toPrintable(text);
}
