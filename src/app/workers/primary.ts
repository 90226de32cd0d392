// A gateway of several processes. The primary has no clients: it reads the configuration, answers probes and the admin
// API, keeps what must be one, and tells the workers, which serve.

import type { Configuration } from '../../config/load.ts';
import { createMetrics } from '../../metrics/metrics.ts';
import type { Workers } from '../common-parts.ts';
import { type Gateway, type GatewayDeps, startGateway } from '../gateway.ts';
import { version } from '../version.ts';
import { type Crew, createCrew } from './crew.ts';
import { prepareMembers } from './member.ts';
import { createDecisionNotes } from './note-decisions.ts';
import { orderOf, type Plan, withoutClients } from './plan.ts';
import type { StartOrder } from './protocol.ts';
import { createReload } from './reload-all.ts';
import { createSharedState } from './shared-state.ts';
import { within } from './within.ts';

/** Who hangs counts for nothing then. */
const COUNT_MS = 2_000;

/** Rejects with a StartFault when an address cannot be had; then nothing is left open. */
export async function startWithWorkers(configuration: Configuration, deps: GatewayDeps): Promise<Gateway> {
  const { clock, log, sockets = [] } = deps;
  const plan: Plan = { configuration, readAt: clock(), begun: configuration.settings };
  const metrics = createMetrics(version, () => crew.numbers());
  const shared = createSharedState({ configuration, clock, crew: () => crew, traffic: () => gateway.traffic });
  const order = (): StartOrder => ({
    ...orderOf(plan),
    ...shared.forStart(),
    sockets,
    keptDecisions: plan.configuration.settings.admin?.limits.decisions,
  });
  const crew = createCrew({ log, reports: metrics, offer: shared.offerTo, order });
  const common = { ...shared.parts, metrics, workers: describeCrew(crew) };
  // The directory is made or brought up to date here, before workers open it.
  const gateway = await startGateway(withoutClients(configuration), { ...deps, sockets: [], common });
  prepareMembers();
  try {
    await crew.inTurn(crew.renew);
  } catch (fault) {
    shared.close();
    await gateway.stop(Promise.resolve());
    throw fault;
  }
  return {
    addresses: crew.addresses,
    probesPort: gateway.probesPort,
    adminPort: gateway.adminPort,
    reload: createReload({ plan, gateway, crew, shared, clock, log }),
    rejectReload: gateway.rejectReload,
    async stop(atOnce) {
      await gateway.stop(atOnce);
      shared.close();
    },
  };
}

function describeCrew(crew: Crew): Workers {
  return {
    get addresses() {
      return crew.addresses;
    },
    get isServing() {
      return crew.serving.size > 0;
    },
    async connections() {
      const counts = [...crew.serving].map((member) => within(COUNT_MS, member.call('connections')).catch(() => 0));
      return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0);
    },
    noteDecisions: createDecisionNotes(() => crew.serving),
    stop: crew.stop,
  };
}
