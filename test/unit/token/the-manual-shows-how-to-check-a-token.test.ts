// The code of docs/tokens.md, run as it stands there but for the address of the keys.

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FastifyInstance } from 'fastify';
import t from 'tap';
import { parse } from 'yaml';
import { configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';
import { inCheckout } from '../../kit/process.ts';
import { ISSUER, identityOf, makeClient, makeSigningKey, NOW, startWriting } from './parts.ts';

const manual = readFileSync(inCheckout('docs/tokens.md'), 'utf8');
const alice = identityOf(makeClient(), { name: 'alice', roles: ['reader'], from: 'directory' });

t.test('a service in Node', async (t) => {
  const writing = startWriting([makeSigningKey('EdDSA'), makeSigningKey('ES256')]);
  const server = createServer((_, response) => response.end(writing.keySet));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  const folder = t.testdir({});
  const blocks = [...manual.matchAll(/^```js\n\/\/ (\S+\.mjs)\n(.*?)^```$/gms)];
  t.strictSame(
    blocks.map(([, name]) => name),
    ['client-of.mjs', 'app.mjs'],
  );
  for (const [, name = '', text = ''] of blocks) {
    writeFileSync(join(folder, name), text.replace(/new URL\('[^']+'\)/, `new URL('${address}')`));
  }
  const { app } = (await import(pathToFileURL(join(folder, 'app.mjs')).href)) as { app: FastifyInstance };
  t.teardown(() => app.close());
  const ask = async (token: string | undefined) => {
    const headers = token === undefined ? {} : { 'x-client-token': token };
    const { statusCode, body } = await app.inject({ url: '/whoami', headers });
    return [statusCode, JSON.parse(body)];
  };

  const token = writing.tokenFor(alice);
  t.strictSame(await ask(token), [200, { account: 'alice', roles: ['reader'] }]);
  const refused = [401, { error: 'no good token' }];
  t.strictSame(await ask(undefined), refused);
  t.strictSame(await ask(`${token}x`), refused);
  t.strictSame(await ask(startWriting([makeSigningKey()]).tokenFor(alice)), refused, 'of a stranger');
  t.strictSame(await ask(writing.tokenFor(alice, { now: NOW - 600_000 })), refused, 'too old');
});

t.test('every claim is told, and the issuer of the examples is that of the tests', async (t) => {
  const { tokenFor } = startWriting([makeSigningKey()]);
  const [, body = ''] = (tokenFor(alice) ?? '').split('.');
  const claims = Object.keys(JSON.parse(Buffer.from(body, 'base64url').toString()));
  const rows = [...manual.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) => names.split(', '));
  t.strictSame(rows.map((name) => name.slice(1, -1)).sort(), claims.sort());
  t.match(manual, `issuer: ${ISSUER} `);
});

t.test('the configuration of the manual is sound', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('token.key', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(manual) ?? [];
  const sections = parse(yaml.replace('[gateway.example]', '[localhost]')) as Record<string, unknown>;
  t.strictSame(Object.keys(sections), ['token', 'upstreams', 'sites']);
  const parts = Object.entries(sections).map(([key, value]): [string, string] => [key, JSON.stringify(value)]);
  folder.write('portcullis.yaml', configurationText(Object.fromEntries(parts)));
  const { configuration, problems } = await folder.load();
  t.strictSame(problems, []);
  t.equal(configuration?.settings.upstreams.orders?.token?.audience, 'orders');
});
