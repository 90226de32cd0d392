// A reload in two steps: what is new is built beside what is in force, then takes its place or is dropped. In between other
// processes can do the first step, too.

import { isDeepStrictEqual } from 'node:util';
import type { Status } from '../admin/sources.ts';
import type { Configuration } from '../config/load.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Problem } from '../model/problem.ts';
import type { RunningExpiry } from './expiry.ts';
import type { Follower } from './follow-changes.ts';
import type { InForce } from './in-force.ts';
import type { Knowledge } from './knowledge.ts';
import type { Runtime } from './runtime.ts';

export interface Reloaded {
  /** Keys whose change only a restart brings into force. */
  readonly needsRestart: readonly string[];
}

/** A configuration that is built, and not in force: one of both is to be called. */
export interface PreparedReload {
  commit(): Promise<Reloaded>;
  drop(): Promise<void>;
}

export interface ReloadSteps {
  /** How the last one went. */
  readonly last: Status['reload'];
  /** Rejects where it cannot be built; the old one is in force as before. */
  prepare(configuration: Configuration): Promise<PreparedReload>;
  /** Notes that a configuration could not be used, and why. */
  reject(problems: readonly Problem[]): void;
}

export interface ReloadStepsInput {
  /** With which the gateway was started. */
  readonly settings: Configuration['settings'];
  readonly inForce: InForce;
  readonly knowledge: Pick<Knowledge, 'fleet' | 'revocation'>;
  readonly follower: Pick<Follower, 'exchangeLists'>;
  readonly expiry: Pick<RunningExpiry, 'look'>;
  readonly metrics: Pick<Metrics, 'reload'>;
  readonly clock: Clock;
}

/** Kept to be shown; the log has all. */
const MAX_PROBLEMS = 20;

/** Parts of the configuration that sockets were opened with. */
const FIXED = ['listeners', 'limits', 'timeouts', 'probes', 'log', 'directory', 'workers'] as const;

export function createReloadSteps(input: ReloadStepsInput): ReloadSteps {
  const { settings, inForce, knowledge, follower, expiry, metrics, clock } = input;
  const { fleet, revocation } = knowledge;
  let last: Status['reload'] = { outcome: 'none', at: undefined, problems: [] };

  async function commit(next: Configuration, built: Runtime): Promise<Reloaded> {
    await inForce.takeOver(next, built);
    await revocation.follow(next);
    const isFixed = fleet === undefined ? next.settings.cache.redis !== undefined : fleet.replace(next);
    await follower.exchangeLists();
    void expiry.look();
    metrics.reload('done');
    last = { outcome: 'done', at: clock(), problems: [] };
    const changed = FIXED.filter((key) => !isDeepStrictEqual(settings[key], next.settings[key]));
    return { needsRestart: [...changed, ...(isFixed ? ['cache.redis'] : []), ...changedAdmin(settings.admin, next)] };
  }

  /** As before: also what is told of lists is told of those in force. */
  async function drop(unwanted: Runtime): Promise<void> {
    unwanted.retire();
    await revocation.follow(inForce.configuration);
    await inForce.takeOver(inForce.configuration);
  }

  return {
    get last() {
      return last;
    },
    /** Holds its turn until it is settled: nothing comes between. */
    prepare(next) {
      const prepared = Promise.withResolvers<PreparedReload>();
      inForce
        .inTurn(async () => {
          // With those still in force, which must lose nothing should the new one fail.
          await revocation.follow(inForce.configuration, next);
          const built = await inForce.build(next);
          const settled = Promise.withResolvers<void>();
          prepared.resolve({
            commit: () => commit(next, built).finally(settled.resolve),
            drop: () => drop(built).finally(settled.resolve),
          });
          await settled.promise;
        })
        .catch(prepared.reject);
      return prepared.promise;
    },
    reject(problems) {
      metrics.reload('failed');
      last = { outcome: 'failed', at: clock(), problems: problems.slice(0, MAX_PROBLEMS) };
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
