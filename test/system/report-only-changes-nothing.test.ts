// A rule that is only reported: status, headers and identity stay as without it; the log line and the metric tell.

import t, { type Test } from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { identityHeadersOf, NOBODY, writeIdentity } from '../kit/identity.ts';
import { startUpstream } from '../kit/upstream.ts';

/** The value of one line of the metrics; 0 when it is not there. */
async function metric(gateway: TestGateway, line: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return Number(found?.slice(line.length + 1) ?? 0);
}

async function checkReported(t: Test, gateway: TestGateway, rule: string, outcome: string): Promise<void> {
  t.match(gateway.requests().at(-1), { rule, reportOnly: outcome });
  const code = outcome === 'allow' ? '' : outcome;
  t.equal(
    await metric(gateway, `portcullis_report_only_total{site="localhost",rule="${rule}",code="${code}"}`),
    1,
    `${rule} ${outcome}`,
  );
}

t.test('reported, and never enforced', async (t) => {
  const upstream = await startUpstream(t);
  const pki = makePki();
  const gateway = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    files: { 'foreign.pem': pki.foreign.pem },
    yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: ignore
    paths:
      /require: { reportOnly: { clientCertificate: require } }
      /allow: { clientCertificate: require, reportOnly: { allow: [{ subject: { CN: bob } }] } }
      /trust: { clientCertificate: accept, reportOnly: { trust: { anchors: [foreign.pem], revocation: { mode: "off" } } } }
      /lax: { clientCertificate: require, reportOnly: { clientCertificate: ignore } }
`,
  });
  const { port } = gateway;
  const alice = pki.issuing.client({ cn: 'alice' });
  const bob = pki.issuing.client({ cn: 'bob' });
  const stranger = pki.foreign.client({ cn: 'alice' });

  for (const [certificate, path, identity, outcome] of [
    [undefined, '/require', NOBODY, 'certificate-required'],
    [stranger, '/require', NOBODY, 'certificate-untrusted'],
    [alice, '/require', NOBODY, 'allow'],
    [alice, '/allow', writeIdentity(alice, 'CN=alice'), 'certificate-not-allowed'],
    [bob, '/allow', writeIdentity(bob, 'CN=bob'), 'allow'],
    [alice, '/trust', writeIdentity(alice, 'CN=alice'), 'certificate-untrusted'],
    [alice, '/lax', writeIdentity(alice, 'CN=alice'), 'allow'],
  ] as const) {
    const answer = await send(t, { port, certificate, path });
    t.equal(answer.status, 200, path);
    t.equal(answer.text, `answered ${path}`);
    t.match(gateway.requests().at(-1), { decision: 'allow', status: 200 });
    t.notOk(gateway.requests().at(-1)?.code);
    const received = upstream.received.at(-1);
    t.strictSame(received && identityHeadersOf(received), identity);
    await checkReported(t, gateway, `localhost${path}`, outcome);
  }
  t.equal(await metric(gateway, 'portcullis_request_duration_seconds_count{site="localhost",decision="allow"}'), 7);

  checkRefusal(t, await send(t, { port, path: '/lax' }), 'certificate-required');
  t.match(gateway.requests().at(-1), { decision: 'deny', code: 'certificate-required', reportOnly: 'allow' });
  checkRefusal(t, await send(t, { port, certificate: stranger, path: '/trust' }), 'certificate-untrusted');
  t.match(gateway.requests().at(-1), { decision: 'deny', reportOnly: 'allow' });
  await send(t, { port });
  t.equal(gateway.requests().at(-1)?.reportOnly, undefined, 'where nothing is reported, nothing is said');
});
