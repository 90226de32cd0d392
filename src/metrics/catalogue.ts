// Which metrics are there? Every name (behind `portcullis_`), type, help and label, in one table; docs/metrics.md is made of it.

export interface MetricDescription {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Their values come from the configuration and from closed tables only, never from what a client sends. */
  readonly labels: readonly string[];
  /** What the numbers of several processes are together; left out: their sum. */
  readonly together?: 'sum' | 'max' | 'min';
}

const row =
  <T extends MetricDescription['type']>(type: T) =>
  <const L extends readonly string[]>(help: string, labels: L) => ({ type, help, labels });
const counter = row('counter');
const gauge = row('gauge');
/** Each process has a part of what the others tell of; these tell of the same thing. */
const common = <const L extends readonly string[]>(together: 'max' | 'min', help: string, labels: L) => ({
  ...gauge(help, labels),
  together,
});
const histogram = row('histogram');

export const CATALOGUE = {
  build_info: common('max', 'Always 1: which version runs.', ['version']),

  requests_total: counter('Requests that are over.', ['site', 'rule', 'decision', 'code']),
  request_duration_seconds: histogram('From the request head to the end of the answer.', ['site', 'decision']),
  open_requests: gauge('Allowed requests that are not over, each stream of HTTP/2 for itself.', ['kind']),
  report_only_total: counter('What report-only rules would have done.', ['site', 'rule', 'code']),
  streams_closed_total: counter('Open streams closed because they would no longer be allowed.', ['code']),
  upstream_answer_seconds: histogram('From the start of a request to the head of its answer.', ['upstream']),

  verdicts_total: counter('Certificate verdicts by where they came from.', ['from', 'outcome']),
  validation_seconds: histogram('To judge a certificate anew, with what is asked about its revocation.', []),

  connections: gauge('Open client connections.', []),
  tls_handshakes_total: counter('TLS handshakes; done: full ones.', ['version', 'outcome']),
  connections_refused_total: counter('Connections turned away before a request.', ['why']),
  idle_connections_closed_total: counter('Idle connections closed to make room for others.', []),
  overloaded: common('max', 'Whether strangers are turned away (1), because the event loop comes too late.', []),

  reloads_total: counter('Reloads of the configuration.', ['outcome']),
  reload_failed: common('max', 'Whether the last reload failed (1), so that an older state is in force.', []),
  workers: gauge('Worker processes that serve clients; 0 where one process does everything.', []),
  workers_lost_total: counter('Worker processes that ended without being told to.', []),
  admin_requests_total: counter('Requests to the admin API.', ['route', 'status']),

  redis_commands_total: counter('Commands to Redis; skipped: not sent, because Redis is left alone.', [
    'kind',
    'outcome',
  ]),
  redis_command_seconds: histogram('Commands that were sent to Redis.', ['kind']),
  redis_values_total: counter('Looks for a value in Redis by what was found.', ['outcome']),
  redis_usable: common('min', 'Whether Redis can be used at the moment (1) or is left alone (0).', ['use']),
  limit_messages_total: counter('Messages between replicas of what clients have taken.', ['outcome']),

  directory_checks_total: counter('Looks at the database of clients by what came of them.', ['outcome']),
  directory_check_seconds: histogram('Looks at the database of clients.', ['outcome']),
  directory_usable: common(
    'min',
    'Whether what is known of the database of clients counts (1), or is too old (0).',
    [],
  ),
  directory_entries: common('max', 'What the database of clients holds.', ['kind']),

  crl_fetches_total: counter('Fetches of revocation lists.', ['source', 'outcome']),
  crl_fetch_failures: common('max', 'Fetches from a configured address that failed in a row.', ['source']),
  crl_this_update_timestamp_seconds: common('max', 'When a revocation list was made.', ['trust', 'issuer', 'kind']),
  crl_next_update_timestamp_seconds: common('max', 'When its successor is due.', ['trust', 'issuer', 'kind']),
  crl_entries: common('max', 'Certificates that a revocation list withdraws.', ['trust', 'issuer', 'kind']),
  ocsp_requests_total: counter('Questions to OCSP responders by what came of them.', ['responder', 'outcome']),
  ocsp_request_seconds: histogram('Exchanges with OCSP responders, whatever came of them.', ['responder']),

  certificate_expiry_timestamp_seconds: common(
    'max',
    'When certificates of the configuration end, and those of OCSP responders.',
    ['kind', 'trust', 'name'],
  ),
  clients_ending: common('max', 'Permissions, and client certificates that were seen, that end within so many days.', [
    'kind',
    'days',
  ]),
  webhook_messages_total: counter('Tries to tell the webhook of warnings.', ['outcome']),
} as const satisfies Record<string, MetricDescription>;

type Catalogue = typeof CATALOGUE;

/** Names of one type. */
export type NameOf<T extends MetricDescription['type']> = {
  [N in keyof Catalogue]: Catalogue[N]['type'] extends T ? N : never;
}[keyof Catalogue];

type Valued<L extends readonly string[]> = { readonly [I in keyof L]: string | number };

/** One value for each label, in the order of the table. */
export type ValuesOf<N extends keyof Catalogue> = Valued<Catalogue[N]['labels']>;
