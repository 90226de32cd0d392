// Early data comes without proof that it was not sent before (RFC 8446 8): anybody could repeat a request of somebody else. None is
// offered, and what a client sends all the same is never a request.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { encodePem, readPem } from '../../src/x509/pem.ts';
import { allowEarlyData } from '../kit/forge-session.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { runClient } from '../kit/openssl.ts';
import { startUpstream } from '../kit/upstream.ts';

const SITES = `
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }
  - { hosts: [open.test], upstream: app, clientCertificate: ignore }
`;
const LABEL = 'SSL SESSION PARAMETERS';
const requestTo = (host: string, path: string) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

for (const host of ['localhost', 'open.test']) {
  t.test(host, async (t) => {
    const upstream = await startUpstream(t);
    const serverNames = ['localhost', 'open.test'];
    const gateway = await startTestGateway(t, { upstreamPort: upstream.port, serverNames, yaml: SITES });
    const { chainPem, keyPem } = gateway.pki.issuing.client({ cn: 'alice' });
    const folder = t.testdir({ 'client.pem': chainPem, 'client.key': keyPem, early: requestTo(host, '/early') });
    const file = (name: string) => join(folder, name);
    const credentials = ['-cert', file('client.pem'), '-key', file('client.key'), '-cert_chain', file('client.pem')];
    const options = ['-servername', host, '-tls1_3', '-ign_eof', ...credentials];
    const ask = (path: string, ...more: readonly string[]) =>
      runClient(t, gateway.port, [...options, ...more], requestTo(host, path));

    const first = await ask('/first', '-sess_out', file('session'));
    t.match(first, /HTTP\/1\.1 200 /);
    t.match(first, /Max Early Data: 0$/m, 'none is offered');
    const resumed = await ask('/resumed', '-sess_in', file('session'));
    t.match(resumed, /^Reused, TLSv1\.3/m);
    t.match(resumed, /HTTP\/1\.1 200 /);

    const { der = Buffer.alloc(0) } = readPem(readFileSync(file('session'), 'latin1')).blocks[0] ?? {};
    writeFileSync(file('eager'), encodePem(LABEL, allowEarlyData(der, 16 * 1024)));
    const eager = await ask('/late', '-sess_in', file('eager'), '-early_data', file('early'));
    t.match(eager, /Early data was rejected/, 'it was sent');
    t.match(eager, /HTTP\/1\.1 200 /, 'what comes behind the handshake is served');
    t.strictSame(
      upstream.received.map(({ url }) => url),
      ['/first', '/resumed', '/late'],
    );
    t.match(gateway.requests(), [
      { path: '/first' },
      { path: '/resumed', resumed: true },
      { path: '/late', resumed: true },
    ]);
  });
}
