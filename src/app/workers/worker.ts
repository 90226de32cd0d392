// The process of a worker: a gateway that serves clients, and does as its primary tells it.

import cluster from 'node:cluster';
import { replay } from '../../config/files/disk.ts';
import { formatProblems } from '../../config/format-problems.ts';
import { type Configuration, loadConfiguration } from '../../config/load.ts';
import { createGivenTickets } from '../../listener/tickets.ts';
import { createMetrics, type Metrics } from '../../metrics/metrics.ts';
import { systemClock } from '../../model/clock.ts';
import type { OutboundRequest } from '../../revocation/outbound-types.ts';
import type { CommonParts } from '../common-parts.ts';
import { type GatewayProcess, startGateway } from '../gateway.ts';
import { createLogger } from '../logger.ts';
import type { PreparedReload } from '../reload-in-steps.ts';
import { version } from '../version.ts';
import { createCommonGround } from './common-ground.ts';
import { forwardTraffic } from './forward-traffic.ts';
import { createLink, type Link } from './link.ts';
import type { ListRequest, Order, PrimaryCalls, StartOrder, WorkerCalls } from './protocol.ts';

type Primary = Link<PrimaryCalls>;

/** What only the primary counts is not counted twice. */
const metrics: Metrics = { ...createMetrics(version), reload() {} };
const atOnce = Promise.withResolvers<void>();
let ticketKey: Buffer = Buffer.alloc(0);
let gateway: GatewayProcess | undefined;
let prepared: PreparedReload | undefined;

const calls: WorkerCalls = {
  async start(order) {
    // Before anything is waited for: what comes meanwhile is newer.
    ticketKey = Buffer.from(order.ticketKey);
    for (const news of order.news) ground.hear(news);
    const configuration = await read(order);
    const { log: logSettings } = configuration.settings;
    // The primary writes for all.
    const log = createLogger({ ...logSettings, file: undefined });
    process.on('uncaughtException', (err) => {
      log.fatal({ err }, 'a fault that nobody caught; the worker ends');
      process.exit(1);
    });
    gateway = await startGateway(configuration, {
      clock: systemClock,
      log,
      sockets: order.sockets,
      // Only who has an admin address is asked to.
      reload: async () => ({ done: false, problems: [], needsRestart: [] }),
      common: commonParts(order),
    });
    return gateway.addresses;
  },
  async prepare(order) {
    prepared = await gateway?.prepare(await read(order));
  },
  async settle(decision) {
    // Who has built nothing would go on with what is no longer in force.
    if (decision === 'commit' && prepared === undefined) throw new Error('nothing is prepared');
    const settled = prepared?.[decision]();
    prepared = undefined;
    await settled;
  },
  useTicketKey(key) {
    ticketKey = Buffer.from(key);
  },
  hear: (news) => ground.hear(news),
  look: (after) => ({
    decisions: gateway?.recent?.after(after, Number.POSITIVE_INFINITY) ?? [],
    newest: gateway?.recent?.newest ?? 0,
  }),
  connections: () => gateway?.connections ?? 0,
  metrics: metrics.snapshot,
  async stop() {
    await gateway?.stop(atOnce.promise);
    // Behind the answer.
    setImmediate(() => cluster.worker?.disconnect());
    return metrics.snapshot();
  },
  stopAtOnce: () => atOnce.resolve(),
};

const primary: Primary = createLink(calls, (message, onSent) => {
  if (process.send === undefined) throw new Error('this file is started by the gateway only');
  process.send(message, undefined, undefined, onSent);
});
const ground = createCommonGround({
  tell: (news) => ignoreFailure(primary.call('tell', news)),
  ocspAnswers: {
    read: (id) => primary.call('readAnswer', id),
    write: (id, der, expires) => primary.call('writeAnswer', { id, der, expires }),
  },
});
process.on('message', primary.take);
// Whoever tells the whole group to stop tells the primary, which tells us.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});

/** The primary is gone then, and so are we. */
function ignoreFailure(call: Promise<unknown>): void {
  call.catch(() => {});
}

function commonParts({ chance, keptDecisions }: StartOrder): CommonParts {
  const { hear: _, ...shared } = ground;
  return {
    ...shared,
    metrics,
    keptDecisions,
    traffic: forwardTraffic(primary),
    tickets: (settings) => createGivenTickets(settings, () => ticketKey),
    listOutbound: (proxy) => (request) => primary.call('fetchList', asSent(request, proxy)),
    chance: () => chance,
  };
}

/** The signal stays here: what it would end is of use to others. */
function asSent({ signal: _, ...request }: OutboundRequest, proxy: string | undefined): ListRequest {
  return { ...request, proxy };
}

/** What the primary has read, but for what it does itself. */
async function read({ file, recording, now, begun, workers }: Order): Promise<Configuration> {
  const result = await loadConfiguration(file, { env: process.env, now, from: replay(recording) });
  if (!result.ok)
    throw new Error(`the worker reads something else than its primary: ${formatProblems(result.problems)}`);
  const { settings, ...rest } = result.configuration;
  const { limits } = begun;
  return {
    ...rest,
    admin: undefined,
    settings: {
      ...settings,
      ...begun,
      admin: undefined,
      probes: undefined,
      limits: { ...limits, connections: Math.ceil(limits.connections / workers) },
      // The primary has waited.
      shutdown: { ...settings.shutdown, delay: 0 },
    },
  };
}
