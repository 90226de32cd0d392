// Is there room for this request? Asked before anything else of it is looked at (docs/limits.md).

import type { Refusal } from '../model/reasons.ts';
import { clientBehindProxy } from './forwarding.ts';
import type { GateRuntime } from './runtime.ts';
import type { Visit } from './visit.ts';

/** Undefined: there is. */
export function findRoom(visit: Visit, runtime: GateRuntime): Refusal | undefined {
  const { guest, evidence, visitor, startedAt } = visit;
  const client = clientBehindProxy(visitor.head.rawHeaders, evidence, runtime);
  const crowd = guest.ask(client, startedAt);
  if (crowd === undefined) return undefined;
  return {
    code: crowd === 'load' ? 'overloaded' : 'rate-limited',
    check: crowd,
    ...(client !== undefined && { note: `for ${client}` }),
    retryAfterSeconds: guest.retryAfterSeconds(crowd, client, startedAt),
  };
}

/** Whether it was refused for want of room: of these there may be a flood. Nobody else says when to come again. */
export function isOfCrowd(refusal: Refusal | undefined): boolean {
  return refusal?.retryAfterSeconds !== undefined;
}
