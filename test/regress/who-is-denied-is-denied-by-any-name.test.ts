// `deny` saw accounts of the directory only, as `allow` does: whom a mapping called by a denied name or put into an account
// with a denied role came in. Without a directory such an entry kept nobody out, and check did not say so.

import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadConfiguration } from '../../src/config/load.ts';
import { openDirectory } from '../../src/directory/open.ts';
import { checkRefusal, send, statusOf } from '../kit/client.ts';
import { makeFolder, makePki, startTestGateway, writeConfiguration } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const pki = makePki();
const MAPPINGS = 'mappings: [{ trust: corporate, match: { subject: { CN: "*" } }, account: "{cn}" }]';
const site = (keys: string) =>
  `sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require, ${keys} }]`;

async function start(t: Test, yaml: string) {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml });
  const optionsOf = (cn: string) => ({ port: gateway.port, certificate: pki.issuing.client({ cn }) });
  return {
    gateway,
    ask: (cn: string) => send(t, optionsOf(cn)),
    status: (cn: string) => statusOf(t, optionsOf(cn)),
  };
}

t.test('by the name that a mapping gave', async (t) => {
  const { gateway, ask } = await start(t, `${MAPPINGS}\n${site('deny: [{ account: mallory }]')}`);
  t.equal((await ask('alice')).status, 200);
  checkRefusal(t, await ask('mallory'), 'certificate-not-allowed');
  t.match(gateway.requests().at(-1), { check: 'deny' });
});

t.test('by a role of the account that a mapping gave', async (t) => {
  const yaml = `directory: { url: "sqlite:clients.db" }\n${MAPPINGS}\n${site('deny: [{ role: visitor }]')}`;
  const { gateway, ask, status } = await start(t, yaml);
  const store = openDirectory(`sqlite:${join(gateway.folder, 'clients.db')}`, { clock: Date.now });
  t.teardown(() => store.close());
  const account = { name: 'mallory', kind: 'person', roles: ['visitor'] } as const;
  t.equal((await ask('mallory')).status, 200, 'while nobody has said so');
  t.match(await store.change({ actor: 'test', changes: [{ do: 'add-account', account }] }), { done: true });
  await until(async () => (await status('mallory')) === 403);
  t.match(gateway.requests().at(-1), { code: 'certificate-not-allowed', check: 'deny' });
  t.equal((await ask('alice')).status, 200);
});

async function check(t: Test, yaml: string) {
  const file = writeConfiguration(makeFolder(t), pki, { yaml, upstreamPort: 9 });
  const loaded = await loadConfiguration(file, { env: {}, now: Date.now() });
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  return { ok: loaded.ok, told: problems.map(({ path, message }) => `${path}: ${message}`).join('\n') };
}

t.test('what can never be so is said', async (t) => {
  const ask = (keys: string) => check(t, `${MAPPINGS}\n${site(keys)}`);
  for (const keys of ['allow: [{ account: x, mapped: true }]', 'deny: [{ account: x }]']) {
    t.match(await ask(keys), { ok: true, told: '' }, keys);
  }
  t.match(await ask('allow: [{ account: x }]'), { ok: false, told: /allow\[0\].account: .*but there is none/ });
  t.match(await ask('deny: [{ account: x, mapped: false }]'), { ok: false, told: /deny\[0\].account/ });
  t.match(await ask('deny: [{ role: x }]'), { ok: false, told: /deny\[0\].role: .*only accounts of a directory/ });
});

t.test('a mapping that denies by a fingerprint is warned of', async (t) => {
  const deny = (condition: string) =>
    `mappings: [{ trust: corporate, match: { ${condition}: "${'ab'.repeat(32)}" }, deny: true }]\n${site('deny: [{ account: x }]')}`;
  t.match(await check(t, deny('publicKey')), { ok: true, told: '' });
  t.match(await check(t, deny('fingerprint')), {
    ok: true,
    told: /mappings\[0\].match.fingerprint: .*keeps nobody out/,
  });
});
