// What the check says is in force in a rule is what the compiled policy enforces.

import t from 'tap';
import { modeInForce, rulesOfSite, trustInForce } from '../../../src/config/rules.ts';
import { compilePolicy } from '../../../src/policy/compile.ts';
import { configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';

const paths = [
  '/a: { clientCertificate: accept }',
  '/a/b/c: { trust: second }',
  '/a/b: { clientCertificate: forward-unverified }',
  '/a/b/c/d/: { clientCertificate: require }',
  '/a/b/c/d/e: {}',
  '/ab: {}',
];

t.test('modes and trust stores', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  const store = '{ anchors: [ca.pem], revocation: { mode: "off" } }';
  const sites = (mode: string) => `[{ hosts: [localhost], trust: first, ${mode} paths: { ${paths.join(', ')} } }]`;
  for (const mode of ['', 'clientCertificate: ignore,']) {
    folder.write(
      'portcullis.yaml',
      configurationText({ trust: `{ first: ${store}, second: ${store} }`, sites: sites(mode) }),
    );
    const { configuration, problems } = await folder.load();
    const [site] = configuration?.settings.sites ?? [];
    if (site === undefined) throw new Error(JSON.stringify(problems));
    const checked = rulesOfSite(site, 0).map((place) => [
      place.path[3] ?? '/',
      modeInForce(place),
      trustInForce(place),
    ]);
    const { policy } = compilePolicy([site], () => []);
    const enforced = policy.sites[0]?.rules.map((rule) => [rule.id.replace('localhost', ''), rule.mode, rule.trust]);
    t.strictSame(checked.sort(), enforced?.sort());
  }
});
