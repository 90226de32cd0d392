// The expiry watch: certificates of the configuration, lists, permissions and clients, in log and metrics.

import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openDirectory } from '../../src/directory/open.ts';
import { send } from '../kit/client.ts';
import { makeFolder, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const DAY_MS = 86_400_000;
const now = Date.now();
const year = { notBefore: now - 300 * DAY_MS };
const root = makeRoot({ ...year, notAfter: now + 6.5 * DAY_MS });
const issuing = root.intermediate({ ...year, name: 'Test Issuing', notAfter: now + 20 * DAY_MS });
const foreign = makeRoot({ name: 'Foreign Root' });
const server = issuing.server({ ...year, notAfter: now + 0.5 * DAY_MS });
const alice = issuing.client({ ...year, cn: 'alice', notAfter: now + 10 * DAY_MS });
const list = { thisUpdate: now - 30 * DAY_MS, nextUpdate: now + 3 * DAY_MS, number: 2 };
const older = { thisUpdate: now - 31 * DAY_MS, nextUpdate: now + 0.5 * DAY_MS, number: 1 };
const lists = issuing.crl(list).pem + issuing.crl(older).pem;

const warnings = ({ lines }: TestGateway) =>
  lines
    .filter(({ message }) => message.endsWith('ends soon'))
    .map(({ kind, name, threshold }) => [kind, name, threshold]);

async function metricsOf({ probesPort }: TestGateway): Promise<string[]> {
  const text = await (await fetch(`http://127.0.0.1:${probesPort}/metrics`)).text();
  return text.split('\n').filter((line) => /^portcullis_(certificate_expiry|clients_ending)/.test(line));
}

async function start(t: Test, directory: string): Promise<TestGateway> {
  const upstream = await startUpstream(t);
  return startTestGateway(t, {
    pki: { root, issuing, foreign },
    upstreamPort: upstream.port,
    revocation: '{ mode: soft, depth: leaf, crl: [list.crl] }',
    files: {
      'list.crl': lists,
    },
    yaml: `directory: { url: "sqlite:${directory}" }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]
`,
  });
}

t.test('everything', async (t) => {
  const file = join(makeFolder(t), 'clients.db');
  const store = openDirectory(`sqlite:${file}`, { clock: () => now - 300 * DAY_MS });
  t.teardown(() => store.close());
  await store.prepare();
  const validUntil = now + 13 * DAY_MS;
  await store.change({
    actor: 'tester',
    changes: [
      { do: 'add-account', account: { name: 'bob', kind: 'person', validUntil } },
      { do: 'add-account', account: { name: 'disabled', kind: 'person', validUntil, enabled: false } },
      { do: 'add-account', account: { name: 'over', kind: 'person', validUntil: now - 1 } },
    ],
  });
  const gateway = await start(t, file);
  const wanted = [
    ['anchor', 'CN=Test Root', 7],
    ['intermediate', 'CN=Test Issuing', 30],
    ['crl', 'CRL of CN=Test Issuing', 7],
    ['permission', 'bob', 14],
  ];
  await until(() => warnings(gateway).length >= wanted.length);
  t.strictSame(warnings(gateway), wanted, 'the list that is replaced does not count');
  t.match(
    gateway.lines.find(({ kind }) => kind === 'anchor'),
    { level: 'warn', trust: 'corporate', daysLeft: 6, fingerprint: root.facts.fingerprint, message: /^an anchor/ },
  );
  t.equal((await send(t, { port: gateway.port, certificate: alice })).status, 200);
  await gateway.stop();

  const again = await start(t, file);
  await until(() => warnings(again).length >= 1);
  t.strictSame(warnings(again), [['client-certificate', 'CN=alice', 14]], 'what was said is not said again');
  const seconds = ({ notAfter }: { notAfter: number }) => notAfter / 1000;
  await until(async () => (await metricsOf(again)).some((line) => /certificate",days="14"} 1/.test(line)));
  const metrics = await metricsOf(again);
  for (const line of [
    `portcullis_certificate_expiry_timestamp_seconds{kind="anchor",trust="corporate",name="CN=Test Root"} ${seconds(root.facts)}`,
    `portcullis_certificate_expiry_timestamp_seconds{kind="intermediate",trust="corporate",name="CN=Test Issuing"} ${seconds(issuing.facts)}`,
    'portcullis_clients_ending{kind="client-certificate",days="7"} 0',
    'portcullis_clients_ending{kind="client-certificate",days="30"} 1',
    'portcullis_clients_ending{kind="permission",days="14"} 1',
  ]) {
    t.ok(metrics.includes(line), line);
  }
  t.ok(metrics.some((line) => /{kind="server-certificate",trust="",name="localhost"} \d/.test(line)));

  await again.reload({ files: { 'server.pem': server.chainPem, 'server.key': server.keyPem } });
  await until(() => warnings(again).length >= 2);
  t.strictSame(warnings(again).at(-1), ['server-certificate', 'localhost, 127.0.0.1', 1], 'a reload looks anew');
});
