// The addresses that are not for clients: probes, and the admin API.

import { createProbes } from '../admin/probes.ts';
import type { Configuration } from '../config/load.ts';
import { splitAddress } from '../model/split-address.ts';
import { type RunningAdminInput, runAdmin } from './admin.ts';
import type { Runtime } from './runtime.ts';

export interface OwnAddresses {
  readonly probesPort: number | undefined;
  readonly adminPort: number | undefined;
  /** The snapshot in force is another one. */
  replace(runtime: Runtime): void;
  close(): Promise<void>;
}

export type OwnAddressesInput = Omit<RunningAdminInput, 'host' | 'port' | 'limits' | 'recent'> &
  Partial<Pick<RunningAdminInput, 'recent'>>;

/** Rejects with a StartFault when an address cannot be had; then neither is open. */
export async function openOwnAddresses(
  { probes: probesAt, admin: adminAt }: Configuration['settings'],
  { recent, ...input }: OwnAddressesInput,
): Promise<OwnAddresses> {
  const probes = probesAt && (await createProbes({ ...splitAddress(probesAt.address), ...input.probes }));
  try {
    const admin =
      adminAt &&
      recent &&
      (await runAdmin({ ...input, ...splitAddress(adminAt.address), limits: adminAt.limits, recent }));
    return {
      probesPort: probes?.port,
      adminPort: admin?.port,
      replace: (runtime) => admin?.replace(runtime),
      async close() {
        await probes?.close();
        await admin?.close();
      },
    };
  } catch (fault) {
    await probes?.close();
    throw fault;
  }
}
