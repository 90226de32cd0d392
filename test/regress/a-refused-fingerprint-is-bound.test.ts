// A certificate that is known by its fingerprint only was bound to issuer and serial number when it had passed. That of a
// disabled account never passes: behind a restart its holder could change the fingerprint, and be nobody's.

import { join } from 'node:path';
import t from 'tap';
import { openDirectory } from '../../src/directory/open.ts';
import { encodePem } from '../../src/x509/pem.ts';
import { checkRefusal, send, statusOf } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { malleate } from '../kit/malleate.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const pki = makePki();
const { issuing } = pki;
const YAML = `directory: { url: "sqlite:clients.db" }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]`;

t.test('the database knows a disabled account’s certificate by more than its fingerprint', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML });
  const alice = issuing.client({ cn: 'alice' });
  const { port } = gateway;
  const twin = {
    port,
    certificate: alice,
    chainPem: encodePem('CERTIFICATE', malleate(alice.facts).der) + issuing.pem,
  };
  t.equal((await send(t, twin)).status, 200, 'the other form is as good');
  const store = openDirectory(`sqlite:${join(gateway.folder, 'clients.db')}`, { clock: Date.now });
  t.teardown(() => store.close());
  const credentials = [{ match: { kind: 'fingerprint', fingerprint: alice.facts.fingerprint } }] as const;
  const account = { name: 'alice', kind: 'person', enabled: false } as const;
  await store.change({ actor: 'test', changes: [{ do: 'add-account', account, credentials }] });
  await until(async () => (await statusOf(t, { port, certificate: alice })) === 403);
  t.match(gateway.requests().at(-1), { code: 'account-disabled' });
  await gateway.stop();

  const known: unknown[] = [];
  await store.load(undefined, (batch) => known.push(...batch.credentials.map(({ match }) => match)));
  const issuerSpki = issuing.facts.publicKey.spkiHash;
  t.strictSame(known, [{ kind: 'issuer-serial', issuerSpki, serial: alice.facts.serial }]);
});

t.test('its other form is refused, too', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML });
  const alice = issuing.client({ cn: 'alice' });
  const store = openDirectory(`sqlite:${join(gateway.folder, 'clients.db')}`, { clock: Date.now });
  t.teardown(() => store.close());
  const credentials = [{ match: { kind: 'fingerprint', fingerprint: alice.facts.fingerprint } }] as const;
  const account = { name: 'alice', kind: 'person', enabled: false } as const;
  await store.change({ actor: 'test', changes: [{ do: 'add-account', account, credentials }] });
  const { port } = gateway;
  await until(async () => (await statusOf(t, { port, certificate: alice })) === 403);
  const chainPem = encodePem('CERTIFICATE', malleate(alice.facts).der) + issuing.pem;
  checkRefusal(t, await send(t, { port, certificate: alice, chainPem }), 'account-disabled');
});
