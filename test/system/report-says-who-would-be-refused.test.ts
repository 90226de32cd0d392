// portcullis report: from Accept to Require, by what was seen, out of the directory and out of the log.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { send } from '../kit/client.ts';
import { commandsOn } from '../kit/commands.ts';
import { makePki } from '../kit/gateway.ts';
import { startGatewayProcess } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const pki = makePki();
const upstream = await startUpstream(t);
const gateway = await startGatewayProcess(t, {
  pki,
  upstreamPort: upstream.port,
  yaml: `directory: { url: "sqlite:clients.db" }
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /orders: { reportOnly: { clientCertificate: require, account: required } }
      /read: { clientCertificate: ignore, reportOnly: { clientCertificate: require } }
      /quiet: { reportOnly: { clientCertificate: require } }
      /known: { clientCertificate: require, account: required }
      /closed: { clientCertificate: require, reportOnly: { deny: [{ subject: { CN: bob } }] } }`,
});
const { port, folder, file } = gateway;
const commands = commandsOn(t, file, folder);
const report = (...args: string[]) => commands.json<{ requests: number }[]>('report', ...args);
const alice = pki.issuing.client({ cn: 'alice' });
const bob = pki.issuing.client({ cn: 'bob' });
const stranger = pki.foreign.client({ cn: 'bob' });

t.test('who would be refused', async (t) => {
  writeFileSync(join(folder, 'alice.pem'), alice.chainPem);
  await commands.done('clients', 'add', 'alice', '--cert', 'alice.pem');
  const get = async (path: string, certificate?: typeof bob) => (await send(t, { port, path, certificate })).status;
  await until(async () => (await get('/known', alice)) === 200);
  t.equal(await get('/orders', alice), 200);
  for (let times = 0; times < 3; times++) t.equal(await get('/orders', bob), 200);
  t.equal(await get('/orders'), 200);
  t.equal(await get('/read', stranger), 200);
  t.equal(await get('/closed'), 403, 'who is refused already is not counted');
  const wanted = [
    { rule: 'localhost/closed', requests: 0, refused: 0, configured: true, clients: [] },
    {
      rule: 'localhost/orders',
      refused: 4,
      clients: [
        {
          code: 'account-unknown',
          subject: 'CN=bob',
          issuer: 'CN=Test Issuing',
          serial: bob.facts.serial,
          requests: 3,
        },
        { code: 'certificate-required', requests: 1, address: '127.0.0.1' },
      ],
    },
    { rule: 'localhost/quiet', requests: 0, refused: 0 },
    { rule: 'localhost/read', refused: 1, clients: [{ code: 'certificate-untrusted', subject: 'CN=bob' }] },
  ];
  await until(async () => (await report('--rule', '*/read'))[0]?.requests === 1);
  t.match(await report(), wanted);
  t.match(
    await commands.done('report'),
    /\nlocalhost\/orders: 4 of \d+ requests would be refused, since 20\S+\n {2}3 {2}account-unknown +last 20\S+ from 127\.0\.0\.1 {2}CN=bob, serial \S+ of CN=Test Issuing\n {2}1 .*\nlocalhost\/quiet: nothing was judged\n/,
  );
  await gateway.lineWhere(({ path }) => path === '/closed');
  writeFileSync(join(folder, 'gateway.log'), `no JSON "reportOnly"\n${gateway.stdout()}`);
  t.match(await report('--log', 'gateway.log'), wanted, 'the log says the same');
  t.match(await commands.run('report', '--log', 'absent.log'), { code: 1, stderr: /--log: .*absent.log/ });
});
