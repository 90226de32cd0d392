// One request on its way through the gate, and the line the log gets of it.

import { type Judged, tellingAnswer } from '../decision/decide.ts';
import type { Guest } from '../limits/guests.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
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
  /** Whose shares it takes from. */
  readonly guest: Guest;
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
  /** Lines of floods that were left out before its own. */
  leftOut?: number;
}

export function beginVisit(visitor: Visitor, evidence: Evidence, guest: Guest, requestId: string): Visit {
  return { requestId, visitor, evidence, guest, startedAt: performance.now() };
}

/** Allowed, whatever became of it afterwards. */
export function decisionOf(visit: Visit): 'allow' | 'deny' {
  return visit.exchange === undefined && visit.served === undefined ? 'deny' : 'allow';
}

/**
 * Writes the line of a request (design section 8). What is the same for all requests of a connection is put into text
 * once, where the log can do that.
 */
export function createVisitLog(log: Log): (visit: Visit, ms: number, now: number) => void {
  const withCertificate = new WeakMap<Evidence, Line>();
  const without = new WeakMap<Evidence, Line>();
  return (visit, ms, now) => {
    const { evidence } = visit;
    const known = readsCertificate(visit) ? withCertificate : without;
    let line = known.get(evidence);
    if (line === undefined) {
      line = begin(log, connectionFields(visit));
      known.set(evidence, line);
    }
    line(requestFields(visit, ms, now));
  };
}

const MESSAGE = 'request';

type Line = (more: object) => void;

function begin(log: Log, fields: object): Line {
  return log.series?.(fields, MESSAGE) ?? ((more) => log.info({ ...fields, ...more }, MESSAGE));
}

function connectionFields(visit: Visit): object {
  const { remoteAddress, tlsVersion, resumed } = visit.evidence;
  const fields = { clientAddress: remoteAddress, ...certificateOf(visit), tls: tlsVersion, resumed };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** `status` 0: broken off without an answer. */
function requestFields(visit: Visit, ms: number, now: number): object {
  const { visitor, read, judged, refusal, exchange } = visit;
  const { method, url, headers } = visitor.head;
  const identity = judged?.decision.allow ? judged.decision.identity : undefined;
  const reported = judged?.reported;
  return {
    requestId: visit.requestId,
    host: read?.target.authority ?? visible(headers.host),
    method,
    path: read?.target.path ?? visible(url?.split('?', 1)[0]),
    status: exchange?.status ?? visitor.status,
    ms: round(ms),
    decision: decisionOf(visit),
    code: refusal?.code,
    check: refusal?.check,
    note: visible(refusal?.note),
    leftOut: visit.leftOut,
    rule: judged?.rule.id,
    reportOnly: reported && (reported.allow ? 'allow' : reported.refusal.code),
    account: identity?.account?.name,
    verdictFrom: judged?.verdictFrom,
    revocation: revocationField(judged, now),
    upstreamMs: exchange?.upstreamMs === undefined ? undefined : round(exchange.upstreamMs),
  };
}

/** The same for bytes that are no request: what is known without one. */
export function brokenLine(evidence: Evidence, requestId: string, code: ReasonCode): object {
  const { remoteAddress, tlsVersion, resumed } = evidence;
  const { status } = reasonOf(code);
  return { requestId, clientAddress: remoteAddress, status, decision: 'deny', code, tls: tlsVersion, resumed };
}

/** As ReportedClient, but for the account. */
interface CertificateFields {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly fingerprint: string;
}

/** The default of `validation.maxCertificateBytes`. */
const LARGEST_STRANGER_BYTES = 16 * 1024;

/** Null: it cannot be read. */
const described = new WeakMap<Uint8Array, CertificateFields | null>();

/** What was presented, verified or not; undefined where it cannot be read, or nobody wants it. Made once for the connections of a client. */
export function certificateOf(visit: Visit): CertificateFields | undefined {
  const { evidence, judged } = visit;
  if (evidence.leaf === undefined || !readsCertificate(visit)) return undefined;
  let known = described.get(evidence.leaf);
  if (known === undefined) {
    const verified = judged?.verdict?.valid ? judged.verdict.path[0] : undefined;
    const facts = verified ?? readStranger(evidence.leaf);
    known = facts === undefined ? null : describeCertificate(facts);
    described.set(evidence.leaf, known);
  }
  return known ?? undefined;
}

/** A rule that reads no certificate, nor has report-only settings that do, tells of none. */
function readsCertificate({ evidence, judged }: Visit): boolean {
  if (judged === undefined || evidence.leaf === undefined) return false;
  const { mode, reportOnly } = judged.rule;
  return mode !== 'ignore' || (reportOnly !== undefined && reportOnly.mode !== 'ignore');
}

function describeCertificate({ subject, issuer, serial, fingerprint }: CertificateFacts): CertificateFields {
  return {
    subject: toPrintable(formatRfc4514(subject)),
    issuer: toPrintable(formatRfc4514(issuer)),
    serial,
    fingerprint,
  };
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
