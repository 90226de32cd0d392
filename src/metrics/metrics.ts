// What is counted and measured, as the rooms report it, and the text that Prometheus reads.

import { collectDefaultMetrics, Registry } from 'prom-client';
import { boundNames } from './bounded-names.ts';
import { type MetricsSnapshot, mergeMetrics } from './merge.ts';
import { createObservedGauges, type Observed } from './observed.ts';
import { createTallies } from './tally.ts';

export interface Metrics {
  /**
   * One request is over. `code`: why it was refused, or ended early; empty for neither. `site` and `rule` are empty where
   * none was reached.
   */
  request(labels: { site: string; rule: string; decision: 'allow' | 'deny'; code: string }, seconds: number): void;
  /** What a report-only rule would have done. */
  reported(labels: { site: string; rule: string; code: string }): void;
  upstreamAnswer(upstream: string, seconds: number): void;
  verdict(from: string, outcome: 'valid' | 'refused'): void;
  /** A certificate was judged anew. */
  verdictComputed(seconds: number): void;
  /** `version` is empty where the handshake failed. `done`: a full one, `resumed`: one that took up a session. */
  handshake(version: string, outcome: 'done' | 'resumed' | 'failed' | 'timeout' | 'refused'): void;
  connections(change: 1 | -1): void;
  /** A connection was ended: over a limit, or refused before a request was read. */
  connectionRefused(why: ConnectionRefusal): void;
  /** Idle connections were closed to make room. */
  idleClosed(count: number): void;
  /** An open stream was closed because it would no longer be allowed. */
  streamClosed(code: string): void;
  reload(outcome: 'done' | 'failed'): void;
  /** So many workers serve. */
  workers(serving: number): void;
  /** A worker has ended that nobody had told to. */
  workerLost(): void;
  /** One command to Redis; `skipped`: not sent, because Redis could not be used. */
  redisCommand(kind: string, outcome: string, seconds?: number): void;
  redisUsable(use: string, usable: boolean): void;
  /** One look for a value in Redis. */
  redisValue(outcome: string): void;
  /** One message of what guests have taken, to other replicas or from them. */
  takings(outcome: 'said' | 'heard' | 'unreadable'): void;
  /** One fetch of revocation lists. `source`: the configured address without query, or `distribution-point`. */
  crlFetch(source: string, outcome: 'new' | 'unchanged' | 'older' | 'failed'): void;
  /**
   * One question to an OCSP responder; `shared`: a replica had asked before. `skipped`: it is left alone at the moment. The
   * time where it was asked.
   */
  ocspAsked(responder: string, outcome: 'answered' | 'failed' | 'skipped' | 'shared', seconds?: number): void;
  /** A look at the database of clients: nothing new, changes taken over, everything read anew, or no answer. */
  directoryCheck(outcome: 'unchanged' | 'changed' | 'whole' | 'failed', seconds: number): void;
  /** One request to the admin API. `route`: as it is declared, empty where none was reached. */
  adminRequest(route: string, status: number): void;
  /** One try to tell the webhook of warnings; `lost`: one that is given up. */
  webhook(outcome: 'done' | 'failed' | 'lost'): void;
  /** From now on these are looked at, whenever the text below is made. */
  observe(more: Partial<Observed>): void;
  /** All of it, to be joined with that of other processes. */
  snapshot(): Promise<MetricsSnapshot>;
  /** The exposition text of all of it, and its content type. */
  render(): Promise<{ text: string; contentType: string }>;
}

/** `certificate`: one that is refused everywhere; the others went over a limit. */
export type ConnectionRefusal =
  | 'overloaded'
  | 'limit'
  | 'address-limit'
  | 'address-rate'
  | 'certificate'
  | 'certificate-limit'
  | 'certificate-rate'
  | 'pipelining'
  | 'http2';

/** Told apart. A site has two histograms of 17 series each, an upstream one; a rule has a few counters. */
const MAX_SITES = 200;
const MAX_UPSTREAMS = 200;
const MAX_RULES = 1_000;
/** A pattern in `allowHosts` leaves it to certificates how many there are. */
const MAX_RESPONDERS = 64;

/** What prom-client goes through all connections for, whenever it is asked. */
const COUNTED_ONE_BY_ONE = ['handles', 'requests', 'resources'].flatMap((name) => [name, `${name}_total`]);

/**
 * `version`: of Portcullis. `others`: snapshots of the other processes of this gateway, of which is told as of one.
 */
export function createMetrics(version: string, others?: () => Promise<readonly MetricsSnapshot[]>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'portcullis_' });
  for (const name of COUNTED_ONE_BY_ONE) registry.removeSingleMetric(`portcullis_nodejs_active_${name}`);
  const tallies = createTallies(registry);
  const { counter, histogram, gauge } = tallies;
  const siteOf = boundNames(MAX_SITES);
  const ruleOf = boundNames(MAX_RULES);
  const upstreamOf = boundNames(MAX_UPSTREAMS);
  const responderOf = boundNames(MAX_RESPONDERS);
  const observed: Partial<Observed> = {};
  const redisUsable = new Map<string, boolean>();
  let connections = 0;
  let reloadFailed = false;
  let workers = 0;

  gauge('build_info', () => [[[version], 1]]);
  gauge('connections', () => [[[], connections]]);
  gauge('reload_failed', () => [[[], Number(reloadFailed)]]);
  gauge('workers', () => [[[], workers]]);
  gauge('redis_usable', () => [...redisUsable].map(([use, usable]) => [[use], Number(usable)]));
  createObservedGauges(tallies, observed);
  const requests = counter('requests_total');
  const duration = histogram('request_duration_seconds');
  const reports = counter('report_only_total');
  const upstream = histogram('upstream_answer_seconds');
  const verdicts = counter('verdicts_total');
  const validation = histogram('validation_seconds');
  const handshakes = counter('tls_handshakes_total');
  const refused = counter('connections_refused_total');
  const idle = counter('idle_connections_closed_total');
  const closed = counter('streams_closed_total');
  const reloads = counter('reloads_total');
  const workersLost = counter('workers_lost_total');
  const commands = counter('redis_commands_total');
  const commandTime = histogram('redis_command_seconds');
  const redisValues = counter('redis_values_total');
  const takings = counter('limit_messages_total');
  const fetches = counter('crl_fetches_total');
  const ocsp = counter('ocsp_requests_total');
  const ocspTime = histogram('ocsp_request_seconds');
  const directoryChecks = counter('directory_checks_total');
  const directoryTime = histogram('directory_check_seconds');
  const adminRequests = counter('admin_requests_total');
  const webhooks = counter('webhook_messages_total');

  return {
    request({ site, rule, decision, code }, seconds) {
      const name = siteOf(site);
      requests([name, ruleOf(rule), decision, code]);
      duration([name, decision], seconds);
    },
    reported: ({ site, rule, code }) => reports([siteOf(site), ruleOf(rule), code]),
    upstreamAnswer: (name, seconds) => upstream([upstreamOf(name)], seconds),
    verdict: (from, outcome) => verdicts([from, outcome]),
    verdictComputed: (seconds) => validation([], seconds),
    handshake: (tlsVersion, outcome) => handshakes([tlsVersion, outcome]),
    connections(change) {
      connections += change;
    },
    connectionRefused: (why) => refused([why]),
    idleClosed: (count) => idle([], count),
    streamClosed: (code) => closed([code]),
    reload(outcome) {
      reloads([outcome]);
      reloadFailed = outcome === 'failed';
    },
    workers(serving) {
      workers = serving;
    },
    workerLost: () => workersLost([]),
    redisCommand(kind, outcome, seconds) {
      commands([kind, outcome]);
      if (seconds !== undefined) commandTime([kind], seconds);
    },
    redisUsable: (use, usable) => void redisUsable.set(use, usable),
    redisValue: (outcome) => redisValues([outcome]),
    takings: (outcome) => takings([outcome]),
    crlFetch: (source, outcome) => fetches([source, outcome]),
    ocspAsked(responder, outcome, seconds) {
      const name = responderOf(responder);
      ocsp([name, outcome]);
      if (seconds !== undefined) ocspTime([name], seconds);
    },
    directoryCheck(outcome, seconds) {
      directoryChecks([outcome]);
      directoryTime([outcome], seconds);
    },
    adminRequest: (route, status) => adminRequests([route, status]),
    webhook: (outcome) => webhooks([outcome]),
    observe: (more) => void Object.assign(observed, more),
    snapshot: () => registry.getMetricsAsJSON(),
    async render() {
      const { contentType } = registry;
      if (others === undefined) return { text: await registry.metrics(), contentType };
      const text = await mergeMetrics([await registry.getMetricsAsJSON(), ...(await others())]);
      return { text, contentType };
    },
  };
}
