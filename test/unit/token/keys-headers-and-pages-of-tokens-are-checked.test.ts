// The configuration of tokens: what is sound is taken, and each mistake is told with its remedy.

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import t, { type Test } from 'tap';
import { type ConfigurationFolder, configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';
import { openssl } from '../../kit/openssl.ts';

const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const jwkOf = (key: KeyObject) => JSON.stringify(key.export({ format: 'jwk' }));
const edwards = generateKeyPairSync('ed25519');
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const TOKEN = '{ issuer: "https://gateway.example", keyFiles: [new.key, old.key] }';
const upstream = (token: string, more = '') =>
  `{ echo: { url: "http://127.0.0.1:9000", token: ${token}${more === '' ? '' : `, ${more}`} } }`;

function makeFolder(t: Test): ConfigurationFolder {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('new.key', pemOf(edwards.privateKey));
  folder.write('old.key', jwkOf(elliptic.privateKey), 0o640);
  return folder;
}

function load(folder: ConfigurationFolder, parts: Readonly<Record<string, string>>) {
  folder.write('portcullis.yaml', configurationText(parts));
  return folder.load();
}

t.test('sound forms', async (t) => {
  const folder = makeFolder(t);
  const site = '[{ hosts: [localhost], trust: corporate, upstream: echo, tokenKeys: true }]';
  const { configuration, problems } = await load(folder, {
    token: TOKEN,
    upstreams: upstream('{ audience: echo }'),
    sites: site,
  });
  t.strictSame(problems, []);
  t.match(configuration?.settings, {
    token: { issuer: 'https://gateway.example', jwksPath: '/.well-known/portcullis/jwks.json' },
    upstreams: { echo: { token: { header: 'X-Client-Token', audience: 'echo', ttl: 60_000 } } },
    sites: [{ tokenKeys: true }],
  });
  t.strictSame(
    configuration?.tokenKeys?.map(({ algorithm }) => algorithm),
    ['EdDSA', 'ES256'],
    'newest first',
  );
  t.ok(
    configuration?.files.some((file) => file.endsWith('new.key')),
    'watched',
  );

  const without = await load(folder, {});
  t.equal(without.configuration?.tokenKeys, undefined);
  t.match(without.configuration?.settings.sites, [{ tokenKeys: false }]);
});

t.test('keys of openssl', async (t) => {
  const path = t.testdirName;
  const folder = makeFolder(t);
  const keys: readonly (readonly [string, string])[] = [
    ['EdDSA', openssl(path, 'genpkey', '-algorithm', 'ed25519')],
    ['ES256', openssl(path, 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256')],
    ['ES256', openssl(path, 'ecparam', '-name', 'prime256v1', '-genkey', '-noout')],
  ];
  for (const [algorithm, text] of keys) {
    folder.write('new.key', text);
    const { configuration, problems } = await load(folder, { token: TOKEN });
    t.strictSame(problems, []);
    t.equal(configuration?.tokenKeys?.[0]?.algorithm, algorithm);
  }
});

t.test('files that are no keys for tokens', async (t) => {
  const folder = makeFolder(t);
  const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;
  const { d: _, ...publicJwk } = elliptic.privateKey.export({ format: 'jwk' });
  const set = JSON.stringify({ keys: [edwards.privateKey.export({ format: 'jwk' })] });
  const mixed = {
    ...elliptic.privateKey.export({ format: 'jwk' }),
    x: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }).x,
  };
  const defects: readonly (readonly [string, string, number, RegExp])[] = [
    ['readable by everyone', pemOf(edwards.privateKey), 0o644, /readable by everyone/],
    ['RSA', pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey), 0o600, /another kind/],
    ['P-384', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), 0o600, /another kind/],
    ['Ed448', pemOf(generateKeyPairSync('ed448').privateKey), 0o600, /another kind/],
    ['encrypted', edwards.privateKey.export(encrypted).toString(), 0o600, /encrypted/],
    ['public', edwards.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 0o600, /no private key/],
    ['a public JWK', JSON.stringify(publicJwk), 0o600, /no private key in JWK form/],
    ['a JWK of two keys', JSON.stringify(mixed), 0o600, /no private key in JWK form/],
    ['a set of keys', set, 0o600, /no private key in JWK form/],
    ['half a JWK', jwkOf(edwards.privateKey).slice(0, 40), 0o600, /no private key in JWK form/],
    ['a secret', '{"kty":"oct","k":"c2VjcmV0"}', 0o600, /no private key in JWK form/],
    ['nothing', '', 0o600, /empty/],
    ['a sentence', 'correct horse battery staple', 0o600, /no PEM block/],
  ];
  for (const [name, text, mode, message] of defects) {
    folder.write('new.key', pemOf(edwards.privateKey));
    t.strictSame((await load(folder, { token: TOKEN })).problems, [], 'nothing is wrong before');
    folder.write('new.key', text, mode);
    const { configuration, problems } = await load(folder, { token: TOKEN });
    t.equal(configuration, undefined, name);
    t.match(problems, [{ file: 'new.key', message, path: 'token.keyFiles[0]' }], name);
    t.equal(problems.length, 1, name);
    const { d = '' } = edwards.privateKey.export({ format: 'jwk' });
    t.notMatch(
      JSON.stringify(problems),
      new RegExp(`${d.slice(2, 12)}|c2VjcmV0|BEGIN|open sesame`),
      'no word of a key',
    );
  }
});

t.test('other mistakes', async (t) => {
  const folder = makeFolder(t);
  folder.write('again.key', jwkOf(edwards.privateKey));
  const token = (more: string) => ({ token: `{ issuer: gateway, ${more} }` });
  const sent = (options: string, more = '') => ({ token: TOKEN, upstreams: upstream(options, more) });
  const inline = `{ url: "http://127.0.0.1:9000", token: { audience: a } }`;
  const cases: readonly (readonly [Readonly<Record<string, string>>, string, string])[] = [
    [token('keyFiles: [none.key]'), 'token.keyFiles[0]', 'create it'],
    [token('keyFiles: [new.key, again.key]'), 'token.keyFiles[1]', 'name each key once'],
    [token('keyFiles: []'), 'token.keyFiles', ''],
    [token('keyFiles: [new.key], jwksPath: "/a/../jwks"'), 'token.jwksPath', ''],
    [token('keyFiles: [new.key], jwksPath: jwks'), 'token.jwksPath', ''],
    [{ token: '{ keyFiles: [new.key] }' }, 'token.issuer', ''],
    [{ token: '{ issuer: "a: b", keyFiles: [new.key] }' }, 'token.issuer', ''],
    [{ upstreams: upstream('{ audience: echo }') }, 'upstreams.echo.token', 'openssl genpkey -algorithm ed25519'],
    [
      { sites: `[{ hosts: [localhost], trust: corporate, upstream: ${inline} }]` },
      'sites[0].upstream.token',
      'openssl',
    ],
    [
      { sites: '[{ hosts: [localhost], trust: corporate, upstream: echo, tokenKeys: true }]' },
      'sites[0].tokenKeys',
      'or remove it',
    ],
    [sent('{}'), 'upstreams.echo.token.audience', ''],
    [sent('{ audience: a, ttl: 9s }'), 'upstreams.echo.token.ttl', ''],
    [sent('{ audience: a, ttl: 11m }'), 'upstreams.echo.token.ttl', ''],
    [sent('{ audience: a, header: "X Token" }'), 'upstreams.echo.token.header', ''],
    [sent('{ audience: a, header: Authorization }'), 'upstreams.echo.token.header', 'another name'],
    [sent('{ audience: a, header: Sec-Token }'), 'upstreams.echo.token.header', 'another name'],
    [sent('{ audience: a, header: x-client-serial }'), 'upstreams.echo.token.header', 'another name'],
    [
      sent('{ audience: a, header: X-DN }', 'identityHeaders: [{ x-dn: subject.rfc4514 }]'),
      'upstreams.echo.token.header',
      'another name',
    ],
  ];
  for (const [parts, path, remedy] of cases) {
    const { configuration, problems } = await load(folder, parts);
    const name = JSON.stringify(parts);
    t.equal(configuration, undefined, name);
    t.strictSame([problems.length, problems[0]?.path], [1, path], `${name}: ${JSON.stringify(problems)}`);
    t.ok(problems[0]?.remedy.includes(remedy), `${name}: ${problems[0]?.remedy}`);
  }
});
