// What does the log tell of a request (design section 8)?
//
// It is text from the beginning: to make an object of it, and text of that, is among the dearest things of a request.

import { type Judged, tellingAnswer } from '../decision/decide.ts';
import type { Evidence } from '../model/evidence.ts';
import { member, optionalMember } from '../model/json-text.ts';
import type { Log } from '../model/log.ts';
import { type ReasonCode, reasonOf } from '../model/reasons.ts';
import { toPrintable } from '../model/text.ts';
import { decisionOf, type Visit } from './visit.ts';
import { type CertificateFields, certificateOf } from './visit-certificate.ts';

const MESSAGE = 'request';

/** Writes the line of a request. `ms`: how long it took; `now`: in ms since the epoch. */
export type WriteLine = (visit: Visit, ms: number, now: number) => void;

export function createRequestLog(log: Log): WriteLine {
  // Others than the process's own log want an object.
  const write = log.line ?? ((members: string) => log.info(JSON.parse(`{${members.slice(1)}}`), MESSAGE));
  return (visit, ms, now) => write(connectionMembers(visit) + requestMembers(visit, ms, now), MESSAGE);
}

function connectionMembers(visit: Visit): string {
  const { remoteAddress, tlsVersion, resumed } = visit.evidence;
  const certificate = certificateOf(visit);
  return `${member('clientAddress', remoteAddress)}${
    certificate === undefined ? '' : certificateMembers(certificate)
  },"tls":"${tlsVersion}","resumed":${resumed}`;
}

/** Put into text once for all connections of a client. */
const certificateTexts = new WeakMap<CertificateFields, string>();

function certificateMembers(fields: CertificateFields): string {
  let text = certificateTexts.get(fields);
  if (text === undefined) {
    text = `,${JSON.stringify(fields).slice(1, -1)}`;
    certificateTexts.set(fields, text);
  }
  return text;
}

/** `status` 0: broken off without an answer. */
function requestMembers(visit: Visit, ms: number, now: number): string {
  const { visitor, read, judged, refusal, exchange } = visit;
  const { method, url, headers } = visitor.head;
  const identity = judged?.decision.allow ? judged.decision.identity : undefined;
  const reported = judged?.reported;
  const asked =
    member('requestId', visit.requestId) +
    optionalMember('host', read?.target.authority ?? visible(headers.host)) +
    optionalMember('method', method) +
    optionalMember('path', read?.target.path ?? visible(url?.split('?', 1)[0]));
  const outcome = `,"status":${exchange?.status ?? visitor.status},"ms":${round(ms)},"decision":"${decisionOf(visit)}"`;
  const why =
    refusal === undefined
      ? ''
      : optionalMember('code', refusal.code) +
        optionalMember('check', refusal.check) +
        optionalMember('note', visible(refusal.note));
  const leftOut = visit.leftOut === undefined ? '' : `,"leftOut":${visit.leftOut}`;
  const judgement =
    optionalMember('rule', judged?.rule.id) +
    optionalMember('reportOnly', reported && (reported.allow ? 'allow' : reported.refusal.code)) +
    optionalMember('account', identity?.account?.name) +
    optionalMember('verdictFrom', judged?.verdictFrom) +
    revocationMember(judged, now);
  const upstream = exchange?.upstreamMs === undefined ? '' : `,"upstreamMs":${round(exchange.upstreamMs)}`;
  return asked + outcome + why + leftOut + judgement + upstream;
}

/** What is told of bytes that are no request. */
export function brokenLine(evidence: Evidence, requestId: string, code: ReasonCode): object {
  const { remoteAddress, tlsVersion, resumed } = evidence;
  const { status } = reasonOf(code);
  return { requestId, clientAddress: remoteAddress, status, decision: 'deny', code, tls: tlsVersion, resumed };
}

function revocationMember(judged: Judged | undefined, now: number): string {
  const answer = tellingAnswer(judged?.verdict);
  if (answer === undefined) return '';
  const { status, source, producedAt, note } = answer;
  const age = producedAt === undefined ? '' : `,"ageSeconds":${Math.round((now - producedAt) / 1000)}`;
  const members = member('status', status) + optionalMember('source', source) + age;
  return `,"revocation":{${(members + optionalMember('note', visible(note))).slice(1)}}`;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function visible(text: string | undefined): string | undefined {
  return text === undefined ? undefined : toPrintable(text);
}
