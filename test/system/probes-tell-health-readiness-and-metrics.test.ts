// The probes address: alive, ready, and metrics whose counters move; no certificate, no token, and nothing else.

import t from 'tap';
import { open, send } from '../kit/client.ts';
import { startGatewayProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const YAML = `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /admin: { clientCertificate: require }
      /tried: { reportOnly: { clientCertificate: require } }
`;

const upstream = await startUpstream(t);
const gateway = await startGatewayProcess(t, { upstreamPort: upstream.port, yaml: YAML });
const { port, pki } = gateway;

t.test('health and readiness', async (t) => {
  t.match(await gateway.probe('/healthz'), { status: 200, text: '{"status":"alive"}' });
  const { status, text } = await gateway.probe('/readyz');
  t.equal(status, 200);
  t.strictSame(JSON.parse(text), { status: 'ready', detail: 'ready; last reload: none yet' });
  for (const path of ['/', '/admin', '/metrics/', '/api/v1/status'])
    t.equal((await gateway.probe(path)).status, 404, path);
});

t.test('every metric has our prefix, a help and a type', async (t) => {
  const { text } = await gateway.probe('/metrics');
  const names = [...text.matchAll(/^([a-zA-Z_:][\w:]*)[ {]/gm)].map(([, name]) => name ?? '');
  t.ok(names.length > 50);
  for (const name of new Set(names)) t.match(name, /^portcullis_/);
  for (const name of [
    'requests_total',
    'request_duration_seconds',
    'report_only_total',
    'upstream_answer_seconds',
    'verdicts_total',
    'tls_handshakes_total',
    'connections_refused_total',
    'streams_closed_total',
    'reloads_total',
    'connections',
    'process_resident_memory_bytes',
  ]) {
    t.match(
      text,
      new RegExp(`^# HELP portcullis_${name} \\S.*\\n# TYPE portcullis_${name} (counter|gauge|histogram)$`, 'm'),
    );
  }
});

t.test('counters move', async (t) => {
  const series = {
    allowed: 'portcullis_requests_total{site="localhost",rule="localhost/",decision="allow",code=""}',
    byRule: 'portcullis_requests_total{site="localhost",rule="localhost/admin",decision="allow",code=""}',
    required:
      'portcullis_requests_total{site="localhost",rule="localhost/admin",decision="deny",code="certificate-required"}',
    untrusted:
      'portcullis_requests_total{site="localhost",rule="localhost/",decision="deny",code="certificate-untrusted"}',
    noSite: 'portcullis_requests_total{site="",rule="",decision="deny",code="host-unknown"}',
    reported: 'portcullis_report_only_total{site="localhost",rule="localhost/tried",code="certificate-required"}',
    upstream: 'portcullis_upstream_answer_seconds_count{upstream="app"}',
    durations: 'portcullis_request_duration_seconds_count{site="localhost",decision="allow"}',
    computed: 'portcullis_verdicts_total{from="computed",outcome="valid"}',
    validated: 'portcullis_validation_seconds_count',
    remembered: 'portcullis_verdicts_total{from="memory",outcome="valid"}',
    handshakes: 'portcullis_tls_handshakes_total{version="TLSv1.3",outcome="done"}',
  };
  const read = async () => {
    const entries = Object.entries(series).map(async ([key, name]) => [key, await gateway.metric(name)] as const);
    return Object.fromEntries(await Promise.all(entries)) as Record<keyof typeof series, number>;
  };
  const before = await read();
  t.match(before, { allowed: 0, required: 0 });

  const alice = pki.issuing.client({ cn: 'alice' });
  const foreign = pki.foreign.client({ cn: 'foreign' });
  await send(t, { port, path: '/' });
  await send(t, { port, path: '/admin', certificate: alice });
  await send(t, { port, path: '/admin', certificate: alice });
  await send(t, { port, path: '/admin' });
  await send(t, { port, path: '/', certificate: foreign });
  await send(t, { port, path: '/tried' });
  await send(t, { port, headers: { host: 'other.example' } });
  t.match(await read(), {
    allowed: 1,
    byRule: 2,
    required: 1,
    untrusted: 1,
    noSite: 1,
    reported: 1,
    upstream: 4,
    durations: 4,
    computed: 1,
    validated: 2,
    remembered: 1,
    handshakes: 7,
  });

  const connection = await open(t, { port });
  t.equal(await gateway.metric('portcullis_connections'), 1);
  connection.end();
});

t.test('what clients send makes no series of its own', async (t) => {
  await send(t, { port, path: '/a-path-of-a-client', headers: { host: 'localhost' } });
  await send(t, { port, path: '/', headers: { host: 'a-host-of-a-client.example' } });
  t.notMatch((await gateway.probe('/metrics')).text, /of-a-client/);
});
