// docs/apps.md names every example of an app, says which of its code nobody has run, and its configurations load.

import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { configurationText, makeConfigurationFolder } from '../kit/configuration.ts';
import { inCheckout } from '../kit/process.ts';

const manual = readFileSync(inCheckout('docs/apps.md'), 'utf8');
const sections = manual.split(/^## /m).slice(1);

const EXAMPLES = readdirSync(inCheckout('examples'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== 'README.md')
  .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(inCheckout('examples/').length));

/** For those who run the gateway, told of in docs/metrics.md and docs/running.md. */
const APPS = EXAMPLES.filter((name) => !/^(monitoring|systemd)\//.test(name));

t.test('every example has its link, and every link its example', async (t) => {
  const linked = [...manual.matchAll(/\]\(\.\.\/examples\/([^)]+)\)/g)].map(([, name]) => name);
  t.strictSame([...new Set(linked)].sort(), APPS.toSorted());
  const readme = readFileSync(inCheckout('examples/README.md'), 'utf8');
  for (const name of EXAMPLES) t.ok(readme.includes(`](${name})`), name);
});

t.test('each example is run, and what is not says so', async (t) => {
  const tests = readdirSync(inCheckout('test/system'))
    .filter((name) => /^examples-that-.*\.test\.ts$/.test(name))
    .map((name) => readFileSync(inCheckout(`test/system/${name}`), 'utf8'));
  for (const name of APPS.filter((each) => !each.startsWith('node/'))) {
    t.ok(
      tests.some((text) => text.includes(name)),
      `${name} is run`,
    );
  }
  for (const section of sections) {
    const [before = '', ...code] = section.split(/^```(?:csharp|java|go|php|python)$/m);
    if (code.length > 0) t.match(before, '**Not run here', section.slice(0, section.indexOf('\n')));
  }
});

t.test('the configuration loads with every format that is named for an app', async (t) => {
  const [, yaml = ''] = /```yaml\n(token:.*?)```/s.exec(manual) ?? [];
  const formats = [...manual.matchAll(/^ +identityHeaders: (\[.*?\])/gm)].map(([, list]) => list ?? '');
  t.strictSame(formats, ['[x-client]', '[aspnetcore, x-client]', '[arr, iis-vars]']);
  for (const list of formats) {
    const folder = makeConfigurationFolder(t.testdir({}));
    folder.write('token.key', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const written = parse(yaml.replace('[gateway.example]', '[localhost]').replace('[x-client]', list)) as object;
    const parts = Object.entries(written).map(([key, value]): [string, string] => [key, JSON.stringify(value)]);
    folder.write('portcullis.yaml', configurationText(Object.fromEntries(parts)));
    const { configuration, problems } = await folder.load();
    t.strictSame(problems, [], list);
    t.equal(configuration?.settings.upstreams.orders?.token?.audience, 'orders');
  }
});
