// `onRefusal: handshake`: on a site all of whose paths require a certificate, a connection that could never be allowed
// ends before a request is read.

import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Log } from '../model/log.ts';
import type { Rule } from '../policy/compile.ts';
import type { GateRuntime } from './runtime.ts';

export interface FrontDoor {
  readonly runtime: () => GateRuntime;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'connectionRefused'>;
  readonly log: Log;
}

/** Whether a connection may send requests at all. Who may do what is still decided for each of them. */
export async function admit(evidence: Evidence, { runtime, clock, metrics, log }: FrontDoor): Promise<boolean> {
  const { policy, decider, demandFullHandshake } = runtime();
  const site = evidence.serverName === undefined ? undefined : policy.siteOf(evidence.serverName);
  if (site === undefined || !site.rules.every(({ onRefusal }) => onRefusal === 'handshake')) return true;
  try {
    for (const rule of site.rules) {
      const { decision } = await decider.decide(evidence, [anyValid(rule)], clock());
      if (decision.allow) return true;
    }
  } catch (fault) {
    log.error({ err: fault }, 'a connection could not be judged');
  }
  // Of another certificate, perhaps, or of more of them (design rule 3).
  if (evidence.resumed) demandFullHandshake(evidence.remoteAddress);
  metrics.connectionRefused('certificate');
  log.info({ clientAddress: evidence.remoteAddress, host: site.name }, 'a connection was ended after the handshake');
  return false;
}

/** The rule without its lists: is the certificate good at all? */
function anyValid(rule: Rule): Rule {
  return { ...rule, allow: undefined, deny: [] };
}
