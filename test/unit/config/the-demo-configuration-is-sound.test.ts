// config/portcullis.yaml loads beside the files that `npm start` makes, and editors accept it by the JSON Schema.

import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import t from 'tap';
import { parse } from 'yaml';
import { loadConfiguration } from '../../../src/config/load.ts';
import { writeJsonSchema } from '../../../src/config/reference.ts';
import { configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';

const text = readFileSync(new URL('../../../config/portcullis.yaml', import.meta.url), 'utf8');

t.test('it loads, with one warning', async (t) => {
  const place = t.testdir({});
  const folder = makeConfigurationFolder(place);
  folder.write('config/portcullis.yaml', text);
  folder.write('certs/dev/server.pem', folder.server.chainPem);
  folder.write('certs/dev/server.key', folder.server.keyPem);
  folder.write('certs/dev/ca.pem', folder.root.pem);
  folder.write('certs/dev/ca.crl', folder.root.crl().pem);
  const result = await loadConfiguration(`${place}/config/portcullis.yaml`, { env: {}, now: Date.now() });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));

  t.match(result.warnings, [{ path: 'sites[0].paths./public', message: /loosens/ }]);
  t.equal(result.warnings.length, 1);
  const { settings, serverCertificates, trustStores, upstreamTls, files, refusalPage } = result.configuration;
  t.match(serverCertificates, [{ hosts: ['localhost', '127.0.0.1'], isDefault: true, keyPem: folder.server.keyPem }]);
  t.equal(serverCertificates[0]?.leaf.fingerprint, folder.server.facts.fingerprint);
  t.match(trustStores.get('corporate'), { partialChain: false, revocation: { mode: 'hard', depth: 'chain' } });
  t.equal(trustStores.get('corporate')?.crls.length, 1);
  t.equal(upstreamTls.size, 0);
  t.equal(refusalPage, undefined);
  t.equal(files.length, 5, 'the configuration and the four files it names');
  t.equal(settings.timeouts.drain, 30_000, 'defaults are there, in milliseconds');
  t.throws(() => Object.assign(settings.sites[0] ?? {}, { trust: 'other' }), TypeError, 'frozen to the last object');
});

t.test('the JSON Schema says what the schema says', async (t) => {
  const { $schema, $id, title, ...schema } = JSON.parse(writeJsonSchema());
  t.match($schema, /2020-12/);
  t.ok($id);
  t.ok(title);

  // Fastify brings a validator; this makes it a strict one that changes nothing.
  const formats = { path: true, starts_with: true, cidrv4: true, cidrv6: true } as const;
  const options = { strict: true, removeAdditional: false, coerceTypes: false, useDefaults: false, formats };
  const server = Fastify({ ajv: { customOptions: options } });
  t.teardown(() => server.close());
  server.post('/', { schema: { body: schema } }, async () => 'fine');
  const statusOf = async (yaml: string) =>
    (await server.inject({ method: 'POST', url: '/', payload: parse(yaml) })).statusCode;

  t.equal(await statusOf(text), 200);
  t.equal(await statusOf(configurationText()), 200);
  t.equal(await statusOf(`${text}\nadmn: {}\n`), 400, 'unknown keys are refused');
  t.equal(await statusOf(configurationText({ cache: '{ ttl: 5 }' })), 400, 'times need a unit');
  t.equal(await statusOf(configurationText({ listeners: '[]' })), 400);
});
