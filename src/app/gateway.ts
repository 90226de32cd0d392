// The gateway as a whole: builds every room from the bottom up, swaps the snapshot on reload, and takes it all down.

import { setDefaultCACertificates } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { createProbes, type Probes } from '../admin/probes.ts';
import type { ReloadOutcome, Status } from '../admin/sources.ts';
import type { Configuration } from '../config/load.ts';
import { createRecentDecisions, type RecentDecisions } from '../decision/recent-decisions.ts';
import { createInventory } from '../directory/inventory.ts';
import { createMemoryTraffic } from '../directory/memory-traffic.ts';
import { createReports } from '../directory/reports.ts';
import type { TrafficStore } from '../directory/traffic-store.ts';
import { isTrustedProxy } from '../gate/forwarding.ts';
import { createGate } from '../gate/gate.ts';
import { createGuests } from '../limits/guests.ts';
import { Load } from '../limits/load.ts';
import { createFullHandshakes } from '../listener/full-handshakes.ts';
import { createListener, type Listener } from '../listener/listener.ts';
import { createTickets, type TicketSettings } from '../listener/tickets.ts';
import { createMetrics } from '../metrics/metrics.ts';
import type { ObservedDirectory, ObservedList } from '../metrics/observed.ts';
import type { CrlFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import { StartFault } from '../model/fault.ts';
import type { Log } from '../model/log.ts';
import type { Problem } from '../model/problem.ts';
import { createIntermediatePools } from '../trust/verified-intermediates.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { type RunningAdmin, runAdmin } from './admin.ts';
import type { CommonParts } from './common-parts.ts';
import { type RunningDirectory, runDirectory } from './directory.ts';
import { runExpiry } from './expiry.ts';
import { joinFleet } from './fleet.ts';
import { createRevocationServices } from './revocation.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import { type SharedLimits, shareLimits } from './share-limits.ts';
import { version } from './version.ts';
import { watchLoad } from './watch-load.ts';

export interface Gateway {
  /** Addresses of the listeners, in the order of the configuration. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  readonly probesPort: number | undefined;
  readonly adminPort: number | undefined;
  /**
   * Takes over another configuration. After it resolves, every request is judged under it and open streams have been; when
   * it rejects, the old one is in force as before. What only a restart can change is named in the result.
   */
  reload(configuration: Configuration): Promise<{ readonly needsRestart: readonly string[] }>;
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

/** A configuration that is built, and not in force: one of both is to be called. */
export interface PreparedReload {
  commit(): Promise<{ readonly needsRestart: readonly string[] }>;
  drop(): Promise<void>;
}

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

/** Kept to be shown; the log has all. */
const MAX_PROBLEMS = 20;

/** Parts of the configuration that sockets were opened with. */
const FIXED = ['listeners', 'limits', 'timeouts', 'probes', 'log', 'directory', 'workers'] as const;

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
  // What comes before there is a runtime to follow with is followed as soon as there is one.
  let missed: 'moved' | 'back' | undefined;
  let followFleet = (what: 'moved' | 'back') => {
    missed = what;
  };
  const onChange = (what: 'moved' | 'back') => followFleet(what);
  let sharedLimits: SharedLimits | undefined;
  const onMessage = (body: string) => sharedLimits?.hear(body);
  const fleet =
    (await joinFleet(configuration, { ...deps, reports: metrics, onChange, onMessage })) ??
    common?.fleet({ onChange, onMessage });
  let rejudgeSoon = () => {};
  const revocation = createRevocationServices({
    ...deps,
    ...(common && { chance: common.chance, listOutbound: common.listOutbound }),
    online: true,
    reports: metrics,
    shared: () => fleet?.ocspAnswers,
    onNews: () => rejudgeSoon(),
    onChange() {
      runtime.verdicts.clear();
      void fleet?.announce();
      rejudgeSoon();
    },
  });
  metrics.observe({
    lists: () => observedLists(revocation.lists()),
    listAddresses: () => revocation.addresses().filter(({ configured }) => configured),
  });
  const directory =
    configuration.directory &&
    (await runDirectory(configuration.directory, { ...deps, reports: metrics, onChange: () => rejudgeSoon() }));
  if (directory) metrics.observe({ directory: () => observedDirectory(directory) });
  const traffic: TrafficStore = common?.traffic ?? directory?.store ?? createMemoryTraffic();
  const inventory = createInventory({ ...deps, store: traffic });
  const reports = createReports({ log, store: traffic });
  await Promise.all([fleet?.exchangeLists(configuration), revocation.follow(configuration)]);
  const poolOf = common?.poolOf ?? createIntermediatePools();
  const tickets = (common?.tickets ?? createTickets)(ticketSettingsOf(configuration));
  const ownFullHandshakes = createFullHandshakes(() => tickets.settings.lifetimeMs);
  const fullHandshakes = common?.fullHandshakes(ownFullHandshakes) ?? ownFullHandshakes;
  const build = (from: Configuration, generation: number) =>
    createRuntime(fleet?.extend(from) ?? from, {
      ...deps,
      revocation,
      poolOf,
      generation,
      demandFullHandshake: fullHandshakes.demand,
      directory,
      inventory,
      reports,
      shared: fleet?.verdicts,
      computed: metrics.verdictComputed,
    });
  let loaded = configuration;
  let runtime = await build(loaded, 1);
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  let lastReload: Status['reload'] = { outcome: 'none', at: undefined, problems: [] };
  trustNobodyByDefault(runtime);
  const expiry = runExpiry({
    ...deps,
    metrics,
    configuration: () => runtime.configuration,
    revocation,
    store: traffic,
  });

  const keptDecisions = settings.admin?.limits.decisions ?? common?.keptDecisions;
  const recent = keptDecisions === undefined ? undefined : createRecentDecisions(keptDecisions);
  const gate = createGate({
    recent,
    runtime: () => runtime,
    limits: settings.limits,
    timeouts: settings.timeouts,
    log,
    requestLog: settings.log.requests ? log : undefined,
    metrics,
    clock,
  });
  const load = new Load(settings.limits.eventLoopDelay);
  const guests = createGuests({
    limits: settings.limits,
    isProxy: (address) => isTrustedProxy(address, runtime.trustedProxies),
    load,
  });
  if (fleet !== undefined && settings.limits.shared) sharedLimits = shareLimits({ guests, say: fleet.say, metrics });
  const watch = watchLoad({ load, guests, gate, metrics, log });
  const listeners: Listener[] = [];
  let probes: Probes | undefined;
  let admin: RunningAdmin | undefined;
  const closeAll = async () => {
    watch.close();
    sharedLimits?.close();
    for (const listener of listeners) listener.stop();
    gate.close();
    await probes?.close();
    await admin?.close();
    fleet?.close();
    revocation.close();
    await Promise.all([expiry.close(), inventory.close(), reports.close()]);
    await directory?.close();
    runtime.retire();
  };
  try {
    for (const [index, { address, minVersion, http2 }] of settings.listeners.entries()) {
      const { host, port } = splitAddress(address);
      listeners.push(
        await createListener({
          host,
          port,
          descriptor: sockets[index],
          minVersion,
          http2,
          contexts: runtime.contexts,
          guests,
          tickets,
          fullHandshakes,
          handshakeTimeoutMs: settings.timeouts.handshake,
          accept: gate.accept,
          clock,
          log,
          metrics,
        }),
      );
    }
    const readiness = () => ({
      ready: state === 'ready' && common?.workers?.isServing !== false,
      detail: `${state}; last reload: ${RELOADED[lastReload.outcome]}`,
    });
    if (settings.probes !== undefined) {
      probes = await createProbes({ ...splitAddress(settings.probes.address), metrics, readiness });
    }
    if (settings.admin !== undefined && recent !== undefined) {
      admin = await runAdmin({
        ...deps,
        ...splitAddress(settings.admin.address),
        limits: settings.admin.limits,
        probes: { metrics, readiness },
        recent,
        directory,
        traffic,
        lists: revocation.lists,
        ocspSigners: revocation.ocspSigners,
        endings: expiry.endings,
        reload: deps.reload,
        runtime: () => runtime,
        catchUp: async () => common?.workers?.noteDecisions(recent),
        state: async () => ({
          state,
          listeners: common?.workers?.addresses ?? addressesOf(listeners),
          connections: (await common?.workers?.connections()) ?? guests.open,
          reload: lastReload,
        }),
      });
    }
  } catch (fault) {
    await closeAll();
    throw fault;
  }
  state = 'ready';
  void expiry.look();

  /** One after another, so that no two snapshots have one generation. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

  async function takeOver(next: Configuration, from?: Runtime): Promise<void> {
    const built = from ?? (await build(next, runtime.generation + 1));
    const old = runtime;
    trustNobodyByDefault(built);
    tickets.replace(ticketSettingsOf(next));
    for (const listener of listeners) listener.replace(built.contexts);
    admin?.replace(built);
    // Not the next one of the beginning: what has changed meanwhile may have taken that.
    runtime = { ...built, generation: runtime.generation + 1 };
    loaded = next;
    old.retire();
    await gate.rejudge();
  }

  /**
   * Under the same configuration, because what is known has changed. At once: a block must not wait for a reload that asks
   * for lists, nor for a responder that somebody else's certificate needs. One round at a time, however fast changes come;
   * what comes during one is found by the gate's next turn.
   */
  let isRejudging = false;
  rejudgeSoon = () => {
    runtime = { ...runtime, generation: runtime.generation + 1 };
    if (isRejudging) return;
    isRejudging = true;
    gate
      .rejudge()
      .catch((err: unknown) => log.error({ err }, 'open streams could not be judged again'))
      .finally(() => {
        isRejudging = false;
      });
  };

  async function exchangeLists(): Promise<boolean> {
    const hasTaken = (await fleet?.exchangeLists(loaded)) ?? false;
    if (hasTaken) {
      await takeOver(loaded);
      log.info({}, 'newer revocation lists came from another replica');
    }
    return hasTaken;
  }

  /** At most one in line, however often Redis says that something moved: reloads wait in the same one. */
  let inLine = false;
  let hasMoved = false;
  followFleet = (what) => {
    if (what === 'moved') {
      hasMoved = true;
      // At once: what is judged from now on must not rest on what is old.
      runtime.verdicts.clear();
      revocation.recheck();
    }
    if (inLine) return;
    inLine = true;
    inTurn(async () => {
      const moved = hasMoved;
      inLine = false;
      hasMoved = false;
      if ((await exchangeLists()) || !moved) return;
      rejudgeSoon();
    }).catch((err: unknown) => log.error({ err }, 'a change that another replica announced could not be followed'));
  };
  if (missed !== undefined) followFleet(missed);

  /** Holds its turn until it is settled: nothing comes between. */
  function prepare(next: Configuration): Promise<PreparedReload> {
    const prepared = Promise.withResolvers<PreparedReload>();
    inTurn(async () => {
      // With those still in force, which must lose nothing should the new one fail.
      await revocation.follow(loaded, next);
      const built = await build(next, runtime.generation + 1);
      const settled = Promise.withResolvers<void>();
      prepared.resolve({
        commit: () => putInForce(next, built).finally(settled.resolve),
        drop: () => goOn(built).finally(settled.resolve),
      });
      await settled.promise;
    }).catch(prepared.reject);
    return prepared.promise;
  }

  async function putInForce(
    next: Configuration,
    built: Runtime,
  ): Promise<{ readonly needsRestart: readonly string[] }> {
    await takeOver(next, built);
    await revocation.follow(next);
    const isFixed = fleet === undefined ? next.settings.cache.redis !== undefined : fleet.replace(next);
    await exchangeLists();
    void expiry.look();
    metrics.reload('done');
    lastReload = { outcome: 'done', at: clock(), problems: [] };
    const changed = FIXED.filter((key) => !isDeepStrictEqual(settings[key], next.settings[key]));
    return { needsRestart: [...changed, ...(isFixed ? ['cache.redis'] : []), ...changedAdmin(settings.admin, next)] };
  }

  /** As before: also what is told of lists is told of those in force. */
  async function goOn(unwanted: Runtime): Promise<void> {
    unwanted.retire();
    await revocation.follow(loaded);
    await takeOver(loaded);
  }

  return {
    addresses: addressesOf(listeners),
    probesPort: probes?.port,
    adminPort: admin?.port,
    recent,
    traffic,
    get connections() {
      return guests.open;
    },
    prepare,
    reload: async (next) => (await prepare(next)).commit(),
    rejectReload(problems) {
      metrics.reload('failed');
      lastReload = { outcome: 'failed', at: clock(), problems: problems.slice(0, MAX_PROBLEMS) };
    },
    async stop(atOnce = new Promise(() => {})) {
      state = 'stopping';
      const { delay } = loaded.settings.shutdown;
      if (delay > 0) await finishesWithin(atOnce, delay);
      await common?.workers?.stop(atOnce);
      const handshakes = Promise.all(listeners.map((listener) => listener.finish()));
      await finishesWithin(Promise.race([handshakes, atOnce]), HANDSHAKES_MS);
      for (const listener of listeners) listener.stop();
      const drained = await finishesWithin(Promise.race([gate.drain(), atOnce]), settings.timeouts.drain);
      if (!drained) log.warn({}, 'the time to drain is over; what is still in flight is broken off');
      await closeAll();
    },
  };
}

/** What of the admin address only a restart can change: that there is one, and what it was opened with. */
function changedAdmin(old: Configuration['settings']['admin'], { settings: { admin } }: Configuration): string[] {
  return [
    ...(old?.address === admin?.address ? [] : ['admin.address']),
    ...((old?.tls === undefined) === (admin?.tls === undefined) ? [] : ['admin.tls']),
    ...(isDeepStrictEqual(old?.limits, admin?.limits) ? [] : ['admin.limits']),
  ];
}

export function ticketSettingsOf({ settings, ticketSecret }: Configuration): TicketSettings {
  const { enabled, lifetime, rotation } = settings.tickets;
  return { enabled, lifetimeMs: lifetime, rotationMs: rotation, secret: ticketSecret };
}

/**
 * Whatever names no authorities of its own trusts nobody, instead of Node's public roots; but for the sites that send no
 * list of them in the handshake, whose contexts can take them from nowhere else.
 */
function trustNobodyByDefault({ contexts }: Runtime): void {
  setDefaultCACertificates([...contexts.unlistedAuthoritiesPem]);
}

function observedLists(stores: ReadonlyMap<string, readonly CrlFacts[]>): ObservedList[] {
  return [...stores].flatMap(([trust, crls]) =>
    crls.map(({ issuer, thisUpdate, nextUpdate, entries, deltaCrlIndicator }) => ({
      trust,
      issuer: formatRfc4514(issuer),
      kind: deltaCrlIndicator === undefined ? 'complete' : 'delta',
      thisUpdate,
      nextUpdate,
      entries: entries.size,
    })),
  );
}

function observedDirectory({ copy }: RunningDirectory): ObservedDirectory {
  return { usable: copy.state() !== 'unavailable', ...copy.sizes };
}

function addressesOf(listeners: readonly Listener[]): { address: string; port: number }[] {
  return listeners.map(({ address }) => ({ address: address.address, port: address.port }));
}

function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

async function finishesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  void work.then(() => resolve(true));
  return promise.finally(() => clearTimeout(timer));
}
