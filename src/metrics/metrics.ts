// What is counted and measured: every metric's name, help and labels, in one place. Labels come from the configuration
// and from closed tables only, never from what a client sends.

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { createExpiryGauges, type ObservedExpiry } from './expiry-gauges.ts';
import { createCountTally, createTimeTally } from './tally.ts';

export interface Metrics {
  /** One request is over. `code`: why it was refused, or ended early; empty for neither. `site` is empty where none was reached. */
  request(labels: { site: string; decision: 'allow' | 'deny'; code: string }, seconds: number): void;
  /** What a report-only rule would have done. */
  reported(labels: { site: string; rule: string; code: string }): void;
  upstreamAnswer(upstream: string, seconds: number): void;
  verdict(from: string, outcome: 'valid' | 'refused'): void;
  /** `version` is empty where the handshake failed. `done`: a full one, `resumed`: one that took up a session. */
  handshake(version: string, outcome: 'done' | 'resumed' | 'failed' | 'timeout' | 'refused'): void;
  connections(change: 1 | -1): void;
  /** A connection was ended: over a limit, or refused before a request was read. */
  connectionRefused(why: ConnectionRefusal): void;
  /** Idle connections were closed to make room. */
  idleClosed(count: number): void;
  /** Whether the event loop comes too late, looked at whenever the text below is made. */
  observeLoad(isOver: () => boolean): void;
  /** An open stream was closed because it would no longer be allowed. */
  streamClosed(code: string): void;
  reload(outcome: 'done' | 'failed'): void;
  /** One command to Redis; `skipped`: not sent, because Redis could not be used. */
  redisCommand(kind: string, outcome: string): void;
  redisUsable(use: string, usable: boolean): void;
  /** One look for a value in Redis. */
  redisValue(outcome: string): void;
  /** One message of what guests have taken, to other replicas or from them. */
  takings(outcome: 'said' | 'heard' | 'unreadable'): void;
  /** One fetch of revocation lists. `source`: the configured address without query, or `distribution-point`. */
  crlFetch(source: string, outcome: 'new' | 'unchanged' | 'older' | 'failed'): void;
  /** One question to an OCSP responder; `shared`: a replica had asked before. `skipped`: it is left alone at the moment. */
  ocspAsked(responder: string, outcome: 'answered' | 'failed' | 'skipped' | 'shared'): void;
  /** A look at the database of clients: nothing new, changes taken over, everything read anew, or no answer. */
  directoryCheck(outcome: 'unchanged' | 'changed' | 'whole' | 'failed'): void;
  /** One request to the admin API. `route`: as it is declared, empty where none was reached. */
  adminRequest(route: string, status: number): void;
  /** The lists in force, looked at whenever the text below is made. */
  observeLists(list: () => readonly ObservedList[]): void;
  /** One try to tell the webhook of warnings; `lost`: one that is given up. */
  webhook(outcome: 'done' | 'failed' | 'lost'): void;
  /** What ends, looked at likewise. */
  observeExpiry(observe: () => ObservedExpiry): void;
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

/** A revocation list as metrics tell of it. */
export interface ObservedList {
  /** Name of the trust store. */
  readonly trust: string;
  /** Name of its authority. */
  readonly issuer: string;
  readonly kind: 'complete' | 'delta';
  /** ms since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly entries: number;
}

const LATENCIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Responders told apart. A pattern in `allowHosts` leaves it to certificates how many there are. */
const MAX_RESPONDERS = 64;

export function createMetrics(): Metrics {
  const registers = [new Registry()] as [Registry];
  const [registry] = registers;
  collectDefaultMetrics({ register: registry, prefix: 'portcullis_' });

  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `portcullis_${name}`, help, labelNames, registers });
  const tallyCounts = <L extends string>(name: string, help: string, labelNames: L[]) =>
    createCountTally({ registry, name: `portcullis_${name}`, help, labelNames });
  const tallyTimes = <L extends string>(name: string, help: string, labelNames: L[]) =>
    createTimeTally({ registry, name: `portcullis_${name}`, help, labelNames, bounds: LATENCIES });

  const requests = tallyCounts('requests_total', 'Requests by site, decision and refusal code.', [
    'site',
    'decision',
    'code',
  ]);
  const duration = tallyTimes('request_duration_seconds', 'From the request head to the end of the answer.', [
    'site',
    'decision',
  ]);
  const reports = counter('report_only_total', 'What report-only rules would have done.', ['site', 'rule', 'code']);
  const upstream = tallyTimes('upstream_answer_seconds', 'From the start of a request to the head of its answer.', [
    'upstream',
  ]);
  const verdicts = tallyCounts('verdicts_total', 'Certificate verdicts by where they came from.', ['from', 'outcome']);
  const handshakes = counter('tls_handshakes_total', 'TLS handshakes by version and outcome.', ['version', 'outcome']);
  const refused = counter('connections_refused_total', 'Connections turned away before a request.', ['why']);
  const idle = counter('idle_connections_closed_total', 'Idle connections closed to make room for others.', []);
  const closed = counter('streams_closed_total', 'Open streams closed because they would no longer be allowed.', [
    'code',
  ]);
  const reloads = counter('reloads_total', 'Reloads of the configuration.', ['outcome']);
  const reloadFailed = new Gauge({
    name: 'portcullis_reload_failed',
    help: 'Whether the last reload failed (1), so that an older state is in force.',
    registers,
  });
  const commands = counter('redis_commands_total', 'Commands to Redis by kind and outcome.', ['kind', 'outcome']);
  const values = counter('redis_values_total', 'Looks for a value in Redis by what was found.', ['outcome']);
  const takings = counter('limit_messages_total', 'Messages between replicas of what clients have taken.', ['outcome']);
  const usable = new Gauge({
    name: 'portcullis_redis_usable',
    help: 'Whether Redis can be used at the moment (1) or is left alone (0), for reading and for writing.',
    labelNames: ['use'],
    registers,
  });
  const open = new Gauge({ name: 'portcullis_connections', help: 'Open client connections.', registers });

  const fetches = counter('crl_fetches_total', 'Fetches of revocation lists by address and outcome.', [
    'source',
    'outcome',
  ]);
  const ocsp = counter('ocsp_requests_total', 'Questions to OCSP responders by what came of them.', [
    'responder',
    'outcome',
  ]);
  const directoryChecks = counter('directory_checks_total', 'Looks at the database of clients by what came of them.', [
    'outcome',
  ]);
  const adminRequests = counter('admin_requests_total', 'Requests to the admin API by route and status.', [
    'route',
    'status',
  ]);
  const webhooks = counter('webhook_messages_total', 'Tries to tell the webhook of warnings.', ['outcome']);
  const responders = new Set<string>();
  let observed: () => readonly ObservedList[] = () => [];
  const ofLists = (name: string, help: string, read: (list: ObservedList) => number | undefined) =>
    new Gauge({
      name: `portcullis_crl_${name}`,
      help,
      labelNames: ['trust', 'issuer', 'kind'],
      registers,
      collect() {
        this.reset();
        // Of several of one authority the newest is told of.
        for (const list of observed().toSorted((a, b) => a.thisUpdate - b.thisUpdate)) {
          const value = read(list);
          if (value !== undefined) this.set({ trust: list.trust, issuer: list.issuer, kind: list.kind }, value);
        }
      },
    });
  ofLists('this_update_timestamp_seconds', 'When a revocation list was made.', ({ thisUpdate }) => thisUpdate / 1000);
  ofLists('next_update_timestamp_seconds', 'When its successor is due.', ({ nextUpdate }) =>
    nextUpdate === undefined ? undefined : nextUpdate / 1000,
  );
  ofLists('entries', 'Certificates that a revocation list withdraws.', ({ entries }) => entries);

  return {
    request: ({ site, decision, code }, seconds) => {
      requests([site, decision, code]);
      duration([site, decision], seconds);
    },
    reported: (labels) => reports.inc(labels),
    upstreamAnswer: (name, seconds) => upstream([name], seconds),
    verdict: (from, outcome) => verdicts([from, outcome]),
    handshake: (version, outcome) => handshakes.inc({ version, outcome }),
    connections: (change) => open.inc(change),
    connectionRefused: (why) => refused.inc({ why }),
    idleClosed: (count) => idle.inc(count),
    observeLoad: (isOver) => {
      new Gauge({
        name: 'portcullis_overloaded',
        help: 'Whether strangers are turned away at the moment (1), because the event loop comes too late.',
        registers,
        collect() {
          this.set(isOver() ? 1 : 0);
        },
      });
    },
    streamClosed: (code) => closed.inc({ code }),
    reload(outcome) {
      reloads.inc({ outcome });
      reloadFailed.set(outcome === 'failed' ? 1 : 0);
    },
    redisCommand: (kind, outcome) => commands.inc({ kind, outcome }),
    redisUsable: (use, isUsable) => usable.set({ use }, isUsable ? 1 : 0),
    redisValue: (outcome) => values.inc({ outcome }),
    takings: (outcome) => takings.inc({ outcome }),
    crlFetch: (source, outcome) => fetches.inc({ source, outcome }),
    ocspAsked(responder, outcome) {
      if (responders.size < MAX_RESPONDERS) responders.add(responder);
      ocsp.inc({ responder: responders.has(responder) ? responder : 'others', outcome });
    },
    directoryCheck: (outcome) => directoryChecks.inc({ outcome }),
    adminRequest: (route, status) => adminRequests.inc({ route, status }),
    observeLists: (list) => {
      observed = list;
    },
    webhook: (outcome) => webhooks.inc({ outcome }),
    observeExpiry: (observe) => createExpiryGauges(registers, observe),
    render: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}
