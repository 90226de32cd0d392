// How a refused client learns of it: an answer that says why, or the end of its connection.

import type { Evidence } from '../model/evidence.ts';
import { type Refusal, reasonOf } from '../model/reasons.ts';
import { refusalAnswer } from './refusal-answer.ts';
import type { GateRuntime } from './runtime.ts';
import type { Visit } from './visit.ts';
import type { RequestHead } from './visitor.ts';

export function answerRefusal(visit: Visit, runtime: GateRuntime): void {
  const { visitor, refusal, evidence, judged } = visit;
  const isDoubtful = refusal !== undefined && isOfResumedCertificate(refusal, evidence);
  if (isDoubtful) runtime.demandFullHandshake(evidence.remoteAddress);
  if (judged?.decision.allow === false && judged.rule.onRefusal !== 'respond') {
    visitor.hangUp();
    return;
  }
  if (refusal === undefined || visitor.status !== 0 || visitor.isGone) {
    visitor.breakOff();
    return;
  }
  const { accept } = visitor.head.headers;
  const { status, headers, body } = refusalAnswer(refusal, visit.requestId, accept, runtime.refusal);
  // An older trust store may have been why, or that none was asked for; the next handshake is judged by today's.
  const outdated =
    (refusal.check === 'gate-1' || refusal.code === 'certificate-required') &&
    evidence.trustGeneration !== runtime.trustGenerationOf(evidence.serverName);
  if (outdated || isDoubtful || isEndUnsure(visitor.head, refusal)) visitor.endConnection();
  visitor.answer(status, headers.flat(), body);
}

/**
 * A full handshake may tell more: of another certificate, of the intermediates that the client sends, of gate 1 today
 * (design rule 3). IIS has sub-status codes for what it refuses about certificates only.
 */
function isOfResumedCertificate({ code }: Refusal, { resumed }: Evidence): boolean {
  return resumed && reasonOf(code).substatus !== undefined;
}

/**
 * Who does not say plainly where a request ends may mean something else by what follows (RFC 9112 11.2). And who asked
 * whether to send a body may send it now or leave it out (RFC 9110 10.1.1). HTTP/2 says it apart from the message.
 */
function isEndUnsure({ httpVersion, headers }: RequestHead, { code }: Refusal): boolean {
  return httpVersion !== '2.0' && (code === 'request-invalid' || headers.expect !== undefined);
}
