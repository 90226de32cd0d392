// How a refused client learns of it: an answer that says why, or the end of its connection.

import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../model/reasons.ts';
import { refusalAnswer } from './refusal-answer.ts';
import type { GateRuntime } from './runtime.ts';
import type { Visit } from './visit.ts';

/** How much of a refused request's body is read, so that its client sees the answer and not a reset. */
const DISCARDED_BODY_BYTES = 1024 * 1024;

export function answerRefusal(visit: Visit, runtime: GateRuntime): void {
  const { request, response, refusal, evidence, judged } = visit;
  const byRule = judged?.decision.allow === false ? judged.rule.onRefusal : 'respond';
  if (refusal === undefined || response.headersSent || byRule !== 'respond' || request.socket.destroyed) {
    request.socket.destroy();
    return;
  }
  const { status, headers, body } = refusalAnswer(refusal, visit.requestId, visit.accept, runtime.refusal);
  // An older trust store may have been why, or that none was asked for; the next handshake is judged by today's.
  const outdated =
    (refusal.check === 'gate-1' || refusal.code === 'certificate-required') &&
    evidence.trustGeneration !== runtime.trustGenerationOf(evidence.serverName);
  if (outdated || isEndUnsure(request, refusal)) response.shouldKeepAlive = false;
  discardBody(request);
  response.writeHead(status, headers.flat());
  response.end(request.method === 'HEAD' ? undefined : body);
}

/**
 * Who does not say plainly where a request ends may mean something else by what follows (RFC 9112 11.2). And who asked
 * whether to send a body may send it now or leave it out (RFC 9110 10.1.1).
 */
function isEndUnsure(request: IncomingMessage, refusal: Refusal): boolean {
  return refusal.code === 'request-invalid' || request.headers.expect !== undefined;
}

/** Lets a refused client finish a small body; a large one is cut off. */
function discardBody(request: IncomingMessage): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BODY_BYTES) request.socket.destroy();
  });
}
