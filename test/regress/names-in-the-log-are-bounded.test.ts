// Subject and issuer went to the log as long as a client had made them.

import t from 'tap';
import { send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { startUpstream } from '../kit/upstream.ts';

const LONGEST = 1024;

t.test('each is cut', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    pki: makePki(),
    upstreamPort: upstream.port,
    yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]',
  });
  const { port, pki } = gateway;
  t.equal((await send(t, { port, certificate: pki.issuing.client({ cn: 'alice' }) })).status, 200);
  t.match(gateway.requests().at(-1), { subject: 'CN=alice', issuer: 'CN=Test Issuing' });

  const foreign = makeRoot({ name: 'r'.repeat(5000) });
  for (const cn of ['s'.repeat(5000), 'ä\u202e'.repeat(2000)]) {
    t.equal((await send(t, { port, certificate: foreign.client({ cn }) })).status, 403);
    const line = gateway.requests().at(-1);
    t.match(line, { subject: /^CN=/, issuer: /^CN=r+$/ });
    for (const text of [line?.subject, line?.issuer]) t.equal(String(text).length, LONGEST);
  }
});
