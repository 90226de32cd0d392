// Metrics of a real gateway against docs/metrics.md, the dashboard and the alert rules; promtool agrees with all of them.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CATALOGUE } from '../../src/metrics/catalogue.ts';
import { send } from '../kit/client.ts';
import { makeFolder, startTestGateway } from '../kit/gateway.ts';
import { inCheckout } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const YAML = `
directory: { url: "sqlite:clients.db" }
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
`;
const EXAMPLES = inCheckout('examples/monitoring');

const readText = (path: string) => readFileSync(inCheckout(path), 'utf8');
const promtool = (args: readonly string[], input = '') =>
  execFileSync('promtool', args, { cwd: EXAMPLES, input, encoding: 'utf8', stdio: 'pipe' });

const upstream = await startUpstream(t);
const revocation = '{ mode: soft, crl: [ca.crl] }';
const { port, probesPort, pki } = await startTestGateway(t, { upstreamPort: upstream.port, yaml: YAML, revocation });
await send(t, { port, certificate: pki.issuing.client({ cn: 'alice' }) });
await send(t, { port, certificate: pki.foreign.client({ cn: 'mallory' }) });
const text = await (await fetch(`http://127.0.0.1:${probesPort}/metrics`)).text();

/** Name and type of each. */
const printed = new Map(
  [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type] as const),
);
const series = new Set(
  [...printed].flatMap(([name, type]) =>
    type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
);
const namesIn = (expression: string) => expression.match(/portcullis_\w+/g) ?? [];

t.test('the manual names all of them, and no others', async (t) => {
  const page = readText('docs/metrics.md');
  const rows = [...page.matchAll(/^\| `(portcullis_\w+)` \| (counter|gauge|histogram) \|/gm)];
  const told = Object.fromEntries(rows.map(([, name, type]) => [name, type]));
  const ours = [...printed].filter(([name]) => !/^portcullis_(process|nodejs)_/.test(name));
  t.strictSame(told, Object.fromEntries(ours));
  t.strictSame(
    namesIn(page).filter((name) => !series.has(name) && !/^portcullis_(process|nodejs)_$/.test(name)),
    [],
  );
  const labels = new Set(Object.values(CATALOGUE).flatMap((metric): readonly string[] => metric.labels));
  const explained = page.slice(page.indexOf('## The labels'));
  const heads = [...explained.matchAll(/^\| (`[^|]*`) \|/gm)].map(([, head = '']) => head);
  for (const label of labels) t.ok(heads.join().includes(`\`${label}\``), `${label} is explained`);
});

t.test('pages beside it name metrics that there are', async (t) => {
  for (const page of ['expiry', 'limits', 'redis', 'report-only', 'revocation', 'tls', 'command-line', 'admin-api']) {
    const names = namesIn(readText(`docs/${page}.md`));
    t.strictSame(
      names.filter((name) => !series.has(name)),
      [],
      page,
    );
  }
});

t.test('promtool has nothing to say about the names and the text', async (t) => {
  t.equal(promtool(['check', 'metrics'], text), '');
  t.throws(() => promtool(['check', 'metrics'], '# TYPE bad_total gauge\nbad_total 1\n'), 'as it has elsewhere');
});

t.test('the alert rules are right, and speak of metrics that there are', async (t) => {
  promtool(['check', 'config', 'prometheus.yml']);
  promtool(['check', 'rules', 'alerts.yml']);
  promtool(['test', 'rules', 'alerts.test.yml']);
  for (const file of ['alerts.yml', 'alerts.test.yml']) {
    t.strictSame(
      namesIn(readText(`examples/monitoring/${file}`)).filter((name) => !series.has(name)),
      [],
    );
  }
});

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

t.test('the dashboard asks what Prometheus understands, and for metrics that there are', async (t) => {
  const { panels, templating } = JSON.parse(readText('examples/monitoring/dashboard.json')) as Dashboard;
  const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const all = [...asked, ...templating.list.map(({ definition = '' }) => definition)];
  t.strictSame(
    all.flatMap(namesIn).filter((name) => !series.has(name)),
    [],
  );
  for (const name of Object.keys(CATALOGUE)) t.ok(all.join().includes(`portcullis_${name}`), `${name} is shown`);

  // As a rule each of them can be checked by promtool.
  const rules = asked.map((expr, index) => ({
    record: `panel_${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*'),
  }));
  const file = join(makeFolder(t), 'dashboard-rules.yml');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  t.match(promtool(['check', 'rules', file]), `${rules.length} rules found`);
});
