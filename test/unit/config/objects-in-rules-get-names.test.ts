// Everything above the configuration sees trust stores and upstreams by name, wherever they were written.

import t from 'tap';
import { configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';
import { makeRoot } from '../../kit/pki.ts';

t.test('an object in a rule becomes an entry under a name of its own', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  const partners = makeRoot({ name: 'Partners' });
  folder.write('partners.pem', partners.pem);
  const trust = '{ anchors: [partners.pem], revocation: { mode: "off" } }';
  const upstream = (port: number) => `{ url: "https://127.0.0.1:${port}", ca: ca.pem }`;
  folder.write(
    'portcullis.yaml',
    configurationText({
      upstreams: `{ "localhost /": { url: "http://127.0.0.1:1" } }`,
      sites: `[{
        hosts: [localhost], trust: corporate, upstream: ${upstream(2)},
        paths: { /partners: { trust: ${trust}, upstream: ${upstream(3)}, reportOnly: { trust: ${trust} } }, /x: { trust: corporate } }
      }]`,
    }),
  );
  const { configuration, problems } = await folder.load();
  t.strictSame(problems, []);
  const [site] = configuration?.settings.sites ?? [];
  t.equal(site?.trust, 'corporate');
  t.equal(site?.upstream, 'localhost / (2)', 'a name that is taken stays with its owner');
  t.match(site?.paths['/partners'], {
    trust: 'localhost /partners',
    upstream: 'localhost /partners',
    reportOnly: { trust: 'localhost /partners reportOnly' },
  });
  t.equal(site?.paths['/x']?.trust, 'corporate');
  t.equal(site?.paths['/x']?.upstream, undefined, 'what a rule does not say is not filled in');

  const stores = ['corporate', 'localhost /partners', 'localhost /partners reportOnly'];
  t.strictSame([...(configuration?.trustStores.keys() ?? [])], stores);
  t.strictSame(Object.keys(configuration?.settings.trust ?? {}), stores);
  const [anchor] = configuration?.trustStores.get('localhost /partners')?.store.anchors ?? [];
  t.equal(anchor?.fingerprint, partners.facts.fingerprint);
  t.strictSame([...(configuration?.upstreamTls.keys() ?? [])], ['localhost / (2)', 'localhost /partners']);
  t.equal(configuration?.settings.upstreams['localhost /partners']?.url, 'https://127.0.0.1:3');
});

t.test('what is left out is off, closed or the default', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('portcullis.yaml', configurationText({ trust: '{ corporate: { anchors: [ca.pem] } }' }));
  const { configuration, problems } = await folder.load();
  t.match(problems, [{ severity: 'warning', path: 'trust.corporate', message: /revocation is off/ }]);
  t.match(configuration?.trustStores.get('corporate')?.revocation, { mode: 'off', crl: [] });
});

t.test('the log file is relative to the file that names it', async (t) => {
  const place = t.testdir({});
  const folder = makeConfigurationFolder(place);
  folder.write('portcullis.yaml', configurationText({ include: '[more/log.yaml]' }));
  folder.write('more/log.yaml', 'log: { file: access.log }\n');
  const { configuration } = await folder.load();
  t.equal(configuration?.settings.log.file, `${place}/more/access.log`);
});
