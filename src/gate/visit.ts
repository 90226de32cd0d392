// One request on its way through the gate, and the line the log gets of it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Judged, tellingAnswer } from '../decision/decide.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Refusal } from '../model/reasons.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import type { ReadRequest } from './read-request.ts';

export interface Visit {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly evidence: Evidence;
  /** Monotonic, ms. */
  readonly startedAt: number;
  read?: ReadRequest;
  judged?: Judged;
  exchange?: Exchange;
  /** Why it was refused, or broken off later. */
  refusal?: Refusal;
}

/** Fields of the log line (design section 8). `status` 0: broken off without an answer. */
export function visitLine(visit: Visit, ms: number, leaf: CertificateFacts | undefined, now: number): object {
  const { evidence, read, judged, refusal } = visit;
  const identity = judged?.decision.allow ? judged.decision.identity : undefined;
  return {
    requestId: visit.requestId,
    clientAddress: evidence.remoteAddress,
    host: read?.target.authority ?? visible(visit.request.headers.host),
    method: visit.request.method,
    path: read?.target.path ?? visible(visit.request.url?.split('?', 1)[0]),
    status: visit.response.headersSent ? visit.response.statusCode : 0,
    ms: Math.round(ms * 100) / 100,
    decision: judged?.decision.allow ? 'allow' : 'deny',
    ...(refusal && { code: refusal.code, check: refusal.check, note: refusal.note && visible(refusal.note) }),
    rule: judged?.rule.id,
    ...(judged?.reported && { reportOnly: judged.reported.allow ? 'allow' : judged.reported.refusal.code }),
    account: identity?.account?.name,
    ...(leaf && {
      subject: formatRfc4514(leaf.subject),
      issuer: formatRfc4514(leaf.issuer),
      serial: leaf.serial,
      fingerprint: leaf.fingerprint,
    }),
    verdictFrom: judged?.verdictFrom,
    revocation: revocationOf(judged, now),
    tls: evidence.tlsVersion,
    resumed: evidence.resumed,
    upstreamMs:
      visit.exchange?.upstreamMs === undefined ? undefined : Math.round(visit.exchange.upstreamMs * 100) / 100,
  };
}

function revocationOf(judged: Judged | undefined, now: number): object | undefined {
  const answer = tellingAnswer(judged?.verdict);
  if (answer === undefined) return undefined;
  const { status, source, producedAt, note } = answer;
  const ageSeconds = producedAt === undefined ? undefined : Math.round((now - producedAt) / 1000);
  return { status, source, ageSeconds, note };
}

const LONGEST_TEXT = 1024;

/** Text of a client for the log: bounded, every byte outside printable ASCII as `\xx`, as in RFC 4514. */
export function visible(text: string | undefined): string | undefined {
  return text
    ?.slice(0, LONGEST_TEXT)
    .replace(/[^\x20-\x7e]/g, (character) =>
      [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''),
    );
}
