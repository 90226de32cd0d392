// A gateway of several processes. The primary has no clients: it reads the configuration, answers probes and the admin
// API, keeps what must be one, and tells the workers, which serve.

import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '../../config/load.ts';
import type { ResolvedSettings } from '../../config/resolve.ts';
import { createMetrics } from '../../metrics/metrics.ts';
import type { Workers } from '../common-parts.ts';
import { type Gateway, type GatewayDeps, type GatewayProcess, startGateway } from '../gateway.ts';
import { version } from '../version.ts';
import { type Crew, createCrew } from './crew.ts';
import { prepareMembers } from './member.ts';
import { createDecisionNotes } from './note-decisions.ts';
import type { StartOrder } from './protocol.ts';
import { createSharedState, type SharedState } from './shared-state.ts';

/** What workers that begin have, and those that serve cannot take over: others take their place. */
const RENEWED = ['listeners', 'limits', 'timeouts', 'workers'] as const;
type Renewed = Pick<ResolvedSettings, (typeof RENEWED)[number]>;

export function countWorkers({ workers }: Pick<ResolvedSettings, 'workers'>): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

/** What the workers are to do now. */
interface Plan {
  configuration: Configuration;
  /** When it was read, ms since the epoch. */
  readAt: number;
}

/** Rejects with a StartFault when an address cannot be had; then nothing is left open. */
export async function startWithWorkers(configuration: Configuration, deps: GatewayDeps): Promise<Gateway> {
  const { clock, log, sockets = [] } = deps;
  const plan: Plan = { configuration, readAt: clock() };
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
    reload: createReload({ plan, gateway, crew, shared, deps }),
    rejectReload: gateway.rejectReload,
    async stop(atOnce) {
      await gateway.stop(atOnce);
      shared.close();
    },
  };
}

interface ReloadParts {
  readonly plan: Plan;
  readonly gateway: GatewayProcess;
  readonly crew: Crew;
  readonly shared: SharedState;
  readonly deps: Pick<GatewayDeps, 'clock' | 'log'>;
}

/** In every process or in none: all have built it before one of them takes it over. */
function createReload({ plan, gateway, crew, shared, deps: { clock, log } }: ReloadParts): Gateway['reload'] {
  let begun: Renewed = plan.configuration.settings;

  async function renewWith(next: Renewed): Promise<readonly string[]> {
    const changed = RENEWED.filter((key) => !isDeepStrictEqual(begun[key], next[key]));
    if (changed.length === 0) return [];
    try {
      await crew.renew();
      begun = next;
      log.info({ changed }, 'new workers serve; those before finish what they have');
      return [];
    } catch (err) {
      log.error(
        { err, changed },
        'workers could not be started anew; those before go on with what they were started with',
      );
      return changed;
    }
  }

  return (next) =>
    crew.inTurn(async () => {
      const before = { ...plan };
      const prepared = await gateway.prepare(withoutClients(next));
      try {
        Object.assign(plan, { configuration: next, readAt: clock() });
        await crew.prepare(orderOf(plan));
      } catch (fault) {
        Object.assign(plan, before);
        await Promise.all([crew.settle('drop'), prepared.drop()]);
        throw fault;
      }
      const [{ needsRestart }] = await Promise.all([prepared.commit(), crew.settle('commit')]);
      shared.replace(next);
      const left = await renewWith(next.settings);
      const isRenewed = (key: string) => RENEWED.some((each) => each === key);
      return { needsRestart: [...left, ...needsRestart.filter((key) => !isRenewed(key))] };
    });
}

function orderOf({ configuration: { file, recording, settings }, readAt }: Plan) {
  if (recording === undefined) throw new Error('there is nothing to give to workers');
  return { file, recording, now: readAt, workers: countWorkers(settings) };
}

function withoutClients(configuration: Configuration): Configuration {
  return { ...configuration, settings: { ...configuration.settings, listeners: [] } };
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
      const counts = [...crew.serving].map((member) => member.call('connections').catch(() => 0));
      return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0);
    },
    noteDecisions: createDecisionNotes(() => crew.serving),
    stop: crew.stop,
  };
}
