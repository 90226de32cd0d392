// The admin address of a running gateway: what its rooms know, as the API tells it.

import { type Access, type AdminClients, createAccess } from '../admin/access.ts';
import type { ProbeSources } from '../admin/add-probes.ts';
import { createAdmin } from '../admin/server.ts';
import type { Sources, Status } from '../admin/sources.ts';
import { normalizeHost } from '../config/hosts.ts';
import { ADMIN_ROLES, type AdminLimits, type AdminRole } from '../config/options/admin.ts';
import { explainRequest } from '../decision/explain.ts';
import type { RecentDecisions } from '../decision/recent-decisions.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { compileAdmission } from '../policy/admission.ts';
import { authoritiesOf } from '../trust/trust-store.ts';
import { openAdminAddress } from './admin-address.ts';
import type { RunningDirectory } from './directory.ts';
import type { Runtime } from './runtime.ts';
import { version } from './version.ts';

export interface RunningAdminInput
  extends Pick<Sources, 'traffic' | 'lists' | 'ocspSigners' | 'endings' | 'reload' | 'catchUp'> {
  readonly host: string;
  readonly port: number;
  readonly limits: AdminLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly probes: ProbeSources;
  readonly recent: RecentDecisions;
  readonly directory: RunningDirectory | undefined;
  /** The snapshot in force. */
  readonly runtime: () => Runtime;
  /** What only the gateway as a whole knows. */
  readonly state: () => Promise<Pick<Status, 'state' | 'listeners' | 'connections' | 'reload'>>;
}

export interface RunningAdmin {
  readonly port: number;
  /** The runtime in force is another one. */
  replace(runtime: Runtime): void;
  close(): Promise<void>;
}

/** Rejects with a StartFault when the address cannot be had. */
export async function runAdmin(input: RunningAdminInput): Promise<RunningAdmin> {
  const { probes, limits, runtime } = input;
  // Of the decider, which is another one after each reload.
  let known: { readonly of: Runtime['decider']; readonly access: Access } | undefined;
  const admin = await createAdmin({
    limits,
    probes,
    hosts: () => hostsOf(runtime()),
    access() {
      const { configuration, decider } = runtime();
      if (known?.of === decider) return known.access;
      const access = createAccess(configuration.admin?.tokens ?? [], clientsOf(runtime()));
      known = { of: decider, access };
      return access;
    },
    keySet: () => runtime().keySet,
    sources: createSources(input),
  });
  const { configuration } = runtime();
  const address = await openAdminAddress(admin, { ...input, configuration });
  return {
    port: address.port,
    replace: (next) => address.replace(next.configuration),
    async close() {
      address.stop();
      await admin.close();
    },
  };
}

/** Nobody else can answer by the exact names of its certificate; a wildcard's others may lead anywhere. */
function hostsOf({ configuration: { admin, settings } }: Runtime): readonly string[] {
  const listed = (settings.admin?.hosts ?? []).flatMap((host) => normalizeHost(host) ?? []);
  return [...listed, ...(admin?.certificate?.hosts ?? [])].filter((host) => !host.includes('*'));
}

function clientsOf({ configuration, decider }: Runtime): AdminClients | undefined {
  const clients = configuration.settings.admin?.clients;
  if (clients === undefined) return undefined;
  const { trust } = clients;
  const loaded = configuration.trustStores.get(trust);
  const authorities = loaded === undefined ? [] : authoritiesOf(loaded.store);
  const rules = clients.rules.map((each) => {
    const { rule, problems } = compileAdmission({ ...each, trust }, authorities);
    if (problems.length > 0) throw new Error(`unchecked configuration: ${problems[0]?.message}`);
    return { role: each.role, rule };
  });
  const rankOf = ({ role }: { role: AdminRole }) => ADMIN_ROLES.indexOf(role);
  return { rules: rules.toSorted((a, b) => rankOf(b) - rankOf(a)), decider };
}

function createSources(input: RunningAdminInput): Sources {
  const {
    clock,
    log,
    limits,
    recent,
    directory,
    traffic,
    runtime,
    state,
    lists,
    ocspSigners,
    endings,
    reload,
    catchUp,
  } = input;
  const startedAt = clock();
  return {
    version,
    clock,
    log,
    recent,
    traffic,
    lists,
    ocspSigners,
    endings,
    reload,
    catchUp,
    directory: directory?.store,
    limits,
    configuration: () => runtime().configuration,
    explain(request) {
      const { policy, trust, decider, configuration } = runtime();
      const { validation } = configuration.settings;
      return explainRequest({ ...request, policy, trust, decider, validation, now: clock() });
    },
    status: async () => ({
      ...(await state()),
      version,
      node: process.versions.node,
      startedAt,
      generation: runtime().generation,
      configuration: runtime().configuration.file,
      directory: directory && { state: directory.copy.state(), generation: directory.copy.generation },
    }),
  };
}
