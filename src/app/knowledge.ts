// What does a running gateway know besides its configuration? What replicas, authorities and the directory say, and what it
// has seen in the traffic. Lives as long as the gateway; a reload forgets none of it.

import type { Configuration } from '../config/load.ts';
import { createInventory, type Inventory } from '../directory/inventory.ts';
import { createMemoryTraffic } from '../directory/memory-traffic.ts';
import { createReports, type Reports } from '../directory/reports.ts';
import type { TrafficStore } from '../directory/traffic-store.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ObservedDirectory, ObservedList } from '../metrics/observed.ts';
import type { CrlFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import type { CommonParts } from './common-parts.ts';
import { type RunningDirectory, runDirectory } from './directory.ts';
import { type Fleet, joinFleet } from './fleet.ts';
import { createRevocationServices, type RevocationServices } from './revocation.ts';

/**
 * `moved`: a replica has announced a change. `back`: Redis can be used again. `outdated`: verdicts rest on what is no longer
 * said. `news`: the same verdict may lead to another judgement (a block, an account, a list).
 */
export type Change = 'moved' | 'back' | 'outdated' | 'news';

export interface KnowledgeInput {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly common: CommonParts | undefined;
  readonly onChange: (change: Change) => void;
  /** Another replica has said what its clients took. */
  readonly onMessage: (body: string) => void;
}

export interface Knowledge {
  /** undefined: this process is alone. */
  readonly fleet: Fleet | undefined;
  readonly revocation: RevocationServices;
  /** undefined: none is configured. */
  readonly directory: RunningDirectory | undefined;
  /** Where it is kept what was seen in the traffic. */
  readonly traffic: TrafficStore;
  readonly inventory: Inventory;
  readonly reports: Reports;
  close(): Promise<void>;
}

/** Resolves when each of them was asked once, within its time. */
export async function gatherKnowledge(configuration: Configuration, input: KnowledgeInput): Promise<Knowledge> {
  const { clock, log, metrics, common, onChange, onMessage } = input;
  const deps = { clock, log, reports: metrics };
  const fleet =
    (await joinFleet(configuration, { ...deps, onChange, onMessage })) ?? common?.fleet({ onChange, onMessage });
  const revocation = createRevocationServices({
    ...deps,
    ...(common && { chance: common.chance, listOutbound: common.listOutbound }),
    online: true,
    shared: () => fleet?.ocspAnswers,
    onNews: () => onChange('news'),
    onChange: () => onChange('outdated'),
  });
  metrics.observe({
    lists: () => observedLists(revocation.lists()),
    listAddresses: () => revocation.addresses().filter(({ configured }) => configured),
  });
  const directory =
    configuration.directory &&
    (await runDirectory(configuration.directory, { ...deps, onChange: () => onChange('news') }));
  if (directory) metrics.observe({ directory: () => observedDirectory(directory) });
  const traffic = common?.traffic ?? directory?.store ?? createMemoryTraffic();
  const inventory = createInventory({ clock, log, store: traffic });
  const reports = createReports({ log, store: traffic });
  await Promise.all([fleet?.exchangeLists(configuration), revocation.follow(configuration)]);
  return {
    fleet,
    revocation,
    directory,
    traffic,
    inventory,
    reports,
    async close() {
      fleet?.close();
      revocation.close();
      await Promise.all([inventory.close(), reports.close()]);
      await directory?.close();
    },
  };
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
