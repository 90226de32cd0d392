// Who asks? By the token of their request or by the certificate of their connection; nobody else comes in.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AdminLimits } from '../config/options/admin.ts';
import { addressKey } from '../limits/address-key.ts';
import type { Clock } from '../model/clock.ts';
import type { Evidence } from '../model/evidence.ts';
import { REASONS } from '../model/reasons.ts';
import { type Access, type Actor, mayAct } from './access.ts';
import { isProblem, type Problem, problem } from './problems.ts';
import { createRate } from './rate.ts';

export interface AdmitInput {
  /** In force. */
  readonly access: () => Access;
  /** What the connection of a request has proven; undefined: it is plain HTTP. */
  readonly evidenceOf: (request: FastifyRequest) => Evidence | undefined;
  readonly limits: AdminLimits;
  readonly clock: Clock;
}

export interface Doorkeeper {
  /** Counts the request where its limits are kept. */
  admit(request: FastifyRequest): Promise<Actor | Problem>;
  /** Whether whoever has sent a request would still be let in with that actor's role: asked again for what stays open, and before a change. */
  stillAdmits(request: FastifyRequest, actor: Actor): Promise<boolean>;
}

export function createDoorkeeper({ access, evidenceOf, limits, clock }: AdmitInput): Doorkeeper {
  const rate = createRate({ burst: limits.requests, perSecond: limits.requestsPerSecond });
  // Not against guessing, which 256 bits are enough for, but so that nobody fills the log. Whoever has a token is not kept
  // out by others who have none, even behind one address.
  const failures = createRate({ burst: limits.failures, perSecond: limits.failuresPerMinute / 60 });

  async function identify(request: FastifyRequest): Promise<Actor | Problem> {
    const token = tokenOf(request);
    const evidence = evidenceOf(request);
    if (token !== undefined || evidence?.leaf === undefined) {
      const actor = token === undefined ? undefined : access().ofToken(token);
      return actor ?? problem('token-required', 'Send a token: authorization: Bearer TOKEN.');
    }
    const outcome = await access().ofCertificate(evidence, clock());
    if (!('code' in outcome)) return outcome;
    return problem('certificate-refused', `${outcome.code}: ${REASONS[outcome.code].detail}`);
  }

  return {
    async admit(request) {
      if (!access().isOpen) {
        return problem('api-off', 'Nobody may use it. Make a token by: portcullis admin token create --role viewer');
      }
      const outcome = await identify(request);
      const now = performance.now();
      const isWithin = isProblem(outcome) ? failures.take(addressKey(request.ip), now) : rate.take(outcome.name, now);
      return isWithin ? outcome : problem('too-many-requests', 'Try again later.');
    },
    async stillAdmits(request, { name, role }) {
      const outcome = await identify(request);
      return !isProblem(outcome) && outcome.name === name && mayAct(outcome, role);
    },
  };
}

/** A certificate is asked for in the handshake only: whoever was refused by theirs comes again with another one. */
export function endConnection(reply: FastifyReply, { problem: code }: Problem): void {
  if (code === 'certificate-refused') reply.header('connection', 'close');
}

/** RFC 6750 2.1. In the head only: addresses stand in logs. Any other credential is that of nobody. */
function tokenOf({ headers: { authorization } }: FastifyRequest): string | undefined {
  if (authorization === undefined) return undefined;
  return /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(authorization)?.[1] ?? '';
}
