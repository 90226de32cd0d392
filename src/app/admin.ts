// The admin address of a running gateway: what its rooms know, as the API tells it.

import { createAccess } from '../admin/access.ts';
import type { ProbeSources } from '../admin/add-probes.ts';
import { type Admin, createAdmin } from '../admin/server.ts';
import type { Sources, Status } from '../admin/sources.ts';
import type { Configuration } from '../config/load.ts';
import { explainRequest } from '../decision/explain.ts';
import type { RecentDecisions } from '../decision/recent-decisions.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { RunningDirectory } from './directory.ts';
import type { Runtime } from './runtime.ts';
import { version } from './version.ts';

export interface RunningAdminInput extends Pick<Sources, 'traffic' | 'lists' | 'reload'> {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly probes: ProbeSources;
  readonly recent: RecentDecisions;
  readonly directory: RunningDirectory | undefined;
  /** The snapshot in force. */
  readonly runtime: () => Runtime;
  /** What only the gateway as a whole knows. */
  readonly state: () => Pick<Status, 'state' | 'listeners' | 'connections' | 'reload'>;
}

/** Rejects with a StartFault when the address cannot be had. */
export async function runAdmin(input: RunningAdminInput): Promise<Admin> {
  const { host, port, probes, runtime } = input;
  let known: { readonly of: Configuration['admin']; readonly access: ReturnType<typeof createAccess> } | undefined;
  return createAdmin({
    host,
    port,
    probes,
    hosts: () => runtime().configuration.settings.admin?.hosts ?? [],
    access() {
      const { admin } = runtime().configuration;
      if (known === undefined || known.of !== admin) known = { of: admin, access: createAccess(admin?.tokens ?? []) };
      return known.access;
    },
    keySet: () => runtime().keySet,
    sources: createSources(input),
  });
}

function createSources(input: RunningAdminInput): Sources {
  const { clock, log, recent, directory, traffic, runtime, state, lists, reload } = input;
  const startedAt = clock();
  return {
    version,
    clock,
    log,
    recent,
    traffic,
    lists,
    reload,
    directory: directory?.store,
    accessState: () => runtime().configuration.admin,
    configuration: () => runtime().configuration,
    explain(request) {
      const { policy, trust, decider, configuration } = runtime();
      const { validation } = configuration.settings;
      return explainRequest({ ...request, policy, trust, decider, validation, now: clock() });
    },
    status: () => ({
      ...state(),
      version,
      node: process.versions.node,
      startedAt,
      generation: runtime().generation,
      configuration: runtime().configuration.file,
      directory: directory && { state: directory.copy.state(), generation: directory.copy.generation },
    }),
  };
}
