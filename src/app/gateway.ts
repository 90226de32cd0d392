// The gateway as a whole: opens every room from the bottom up, and takes it all down.

import type { ReloadOutcome, Status } from '../admin/sources.ts';
import type { Configuration } from '../config/load.ts';
import { createRecentDecisions, type RecentDecisions } from '../decision/recent-decisions.ts';
import type { TrafficStore } from '../directory/traffic-store.ts';
import type { GateRuntime } from '../gate/runtime.ts';
import { createFullHandshakes } from '../listener/full-handshakes.ts';
import { createTickets } from '../listener/tickets.ts';
import { createMetrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import { StartFault } from '../model/fault.ts';
import type { Log } from '../model/log.ts';
import type { Problem } from '../model/problem.ts';
import { createIntermediatePools } from '../trust/verified-intermediates.ts';
import type { CommonParts } from './common-parts.ts';
import { runExpiry } from './expiry.ts';
import { createFollower, type Follower } from './follow-changes.ts';
import { createFront, type Front } from './front.ts';
import { putInForce } from './in-force.ts';
import { type Change, gatherKnowledge, type Knowledge } from './knowledge.ts';
import { type OwnAddresses, openOwnAddresses } from './own-addresses.ts';
import { createReloadSteps, type PreparedReload, type Reloaded } from './reload-in-steps.ts';
import { createRuntime, type JudgingInput, type Runtime } from './runtime.ts';
import { ticketSettingsOf } from './ticket-settings.ts';
import { version } from './version.ts';

export interface Gateway {
  /** Addresses of the listeners, in the order of the configuration. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  readonly probesPort: number | undefined;
  readonly adminPort: number | undefined;
  /**
   * Takes over another configuration. After it resolves, every request is judged under it and open streams have been; when
   * it rejects, the old one is in force as before. What only a restart can change is named in the result.
   */
  reload(configuration: Configuration): Promise<Reloaded>;
  /** Notes that a new configuration could not be used, and why; the old one stays in force. */
  rejectReload(problems: readonly Problem[]): void;
  /**
   * Readiness off; after the delay no new connections; requests in flight finish within the time to drain, then the rest is
   * broken off. With `atOnce` it is broken off when that resolves.
   */
  stop(atOnce?: Promise<unknown>): Promise<void>;
}

/** A client in its handshake has a request to send, and so has one that is just through; a silent one may have none. */
const HANDSHAKES_MS = 2000;

/** The same with what only its own process can do. */
export interface GatewayProcess extends Gateway {
  readonly recent: RecentDecisions | undefined;
  /** Where it is kept what was seen in the traffic. */
  readonly traffic: TrafficStore;
  /** Client connections that are open. */
  readonly connections: number;
  /** The first half of a reload. */
  prepare(configuration: Configuration): Promise<PreparedReload>;
}

const RELOADED: Readonly<Record<Status['reload']['outcome'], string>> = {
  none: 'none yet',
  done: 'done',
  failed: 'failed, the state before it is in force',
};

export interface GatewayDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Reads the configuration again and puts it in force, for whoever may ask the admin API to. */
  readonly reload: () => Promise<ReloadOutcome>;
  /** Descriptors of sockets that listen already, one for each listener; left out or empty: they are made here. */
  readonly sockets?: readonly number[];
  /** What is shared with the other processes of this gateway; left out: there are none. */
  readonly common?: CommonParts;
}

/** Rejects with a StartFault when an address cannot be had; then nothing is left open. */
export async function startGateway(configuration: Configuration, deps: GatewayDeps): Promise<GatewayProcess> {
  const { clock, log, sockets = [], common } = deps;
  const { settings } = configuration;
  if (sockets.length > 0 && sockets.length !== settings.listeners.length) {
    const counts = `${sockets.length} sockets were handed over, and the configuration has ${settings.listeners.length} listeners`;
    throw new StartFault(`${counts}: there must be one for each, in that order`);
  }
  const metrics = common?.metrics ?? createMetrics(version);
  // What comes before there is anything to follow with is followed as soon as there is.
  const early = new Set<Change>();
  let follower: Follower | undefined;
  let front: Front | undefined;
  let own: OwnAddresses | undefined;
  const knowledge = await gatherKnowledge(configuration, {
    clock,
    log,
    metrics,
    common,
    onChange: (change) => void (follower === undefined ? early.add(change) : follower.follow(change)),
    onMessage: (body) => front?.hear(body),
  });

  const tickets = (common?.tickets ?? createTickets)(ticketSettingsOf(configuration));
  const ownFullHandshakes = createFullHandshakes(() => tickets.settings.lifetimeMs);
  const fullHandshakes = common?.fullHandshakes(ownFullHandshakes) ?? ownFullHandshakes;
  const inForce = await putInForce({
    configuration,
    build: createBuild(knowledge, deps, {
      demandFullHandshake: fullHandshakes.demand,
      computed: metrics.verdictComputed,
    }),
    adopt(built, next) {
      tickets.replace(ticketSettingsOf(next));
      front?.replace(built.contexts);
      own?.replace(built);
    },
    rejudge: async () => front?.gate.rejudge(),
    log,
  });
  // That is judged with already.
  early.delete('news');
  early.delete('outdated');
  const runtime = () => inForce.runtime;
  const expiry = runExpiry({
    clock,
    log,
    metrics,
    configuration: () => runtime().configuration,
    revocation: knowledge.revocation,
    store: knowledge.traffic,
  });
  const keptDecisions = settings.admin?.limits.decisions ?? common?.keptDecisions;
  const recent = keptDecisions === undefined ? undefined : createRecentDecisions(keptDecisions);
  const { fleet } = knowledge;
  const opened = createFront({ settings, runtime, fleet, recent, tickets, fullHandshakes, metrics, clock, log });
  front = opened;
  const followed = createFollower({ knowledge, inForce, log });
  const reloads = createReloadSteps({ settings, inForce, knowledge, follower: followed, expiry, metrics, clock });
  let state: Status['state'] = 'starting';
  const closeAll = async () => {
    opened.close();
    await own?.close();
    await expiry.close();
    await knowledge.close();
    runtime().retire();
  };
  try {
    await opened.listen(sockets);
    own = await openOwnAddresses(settings, {
      clock,
      log,
      probes: {
        metrics,
        readiness: () => ({
          ready: state === 'ready' && common?.workers?.isServing !== false,
          detail: `${state}; last reload: ${RELOADED[reloads.last.outcome]}`,
        }),
      },
      ...(recent && { recent }),
      directory: knowledge.directory,
      traffic: knowledge.traffic,
      lists: knowledge.revocation.lists,
      ocspSigners: knowledge.revocation.ocspSigners,
      endings: expiry.endings,
      reload: deps.reload,
      runtime,
      catchUp: async () => recent && common?.workers?.noteDecisions(recent),
      state: async () => ({
        state,
        listeners: common?.workers?.addresses ?? opened.addresses,
        connections: (await common?.workers?.connections()) ?? opened.guests.open,
        reload: reloads.last,
      }),
    });
  } catch (fault) {
    await closeAll();
    throw fault;
  }
  state = 'ready';
  void expiry.look();
  follower = followed;
  for (const change of early) followed.follow(change);

  return {
    addresses: opened.addresses,
    probesPort: own.probesPort,
    adminPort: own.adminPort,
    recent,
    traffic: knowledge.traffic,
    get connections() {
      return opened.guests.open;
    },
    prepare: reloads.prepare,
    reload: async (next) => (await reloads.prepare(next)).commit(),
    rejectReload: reloads.reject,
    async stop(atOnce = new Promise(() => {})) {
      state = 'stopping';
      const { delay } = inForce.configuration.settings.shutdown;
      if (delay > 0) await finishesWithin(atOnce, delay);
      await common?.workers?.stop(atOnce);
      await finishesWithin(Promise.race([opened.finishHandshakes(), atOnce]), HANDSHAKES_MS);
      opened.stopListening();
      const drained = await finishesWithin(Promise.race([opened.gate.drain(), atOnce]), settings.timeouts.drain);
      if (!drained) log.warn({}, 'the time to drain is over; what is still in flight is broken off');
      await closeAll();
    },
  };
}

function createBuild(
  { fleet, revocation, directory, inventory, reports }: Knowledge,
  { clock, log, common }: GatewayDeps,
  told: Pick<JudgingInput & GateRuntime, 'computed' | 'demandFullHandshake'>,
): (configuration: Configuration, generation: number) => Promise<Runtime> {
  const poolOf = common?.poolOf ?? createIntermediatePools();
  const shared = fleet?.verdicts;
  const known = { clock, log, revocation, directory, inventory, reports, poolOf, shared, ...told };
  return (configuration, generation) =>
    createRuntime(fleet?.extend(configuration) ?? configuration, { ...known, generation });
}

async function finishesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  void work.then(() => resolve(true));
  return promise.finally(() => clearTimeout(timer));
}
