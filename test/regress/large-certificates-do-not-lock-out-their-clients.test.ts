// A ticket holds the certificate of its client, and comes back in the hello: one of some 600 names made that longer than the
// reader took, and whoever had been here once could not come again.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { runClient } from '../kit/openssl.ts';
import { startUpstream } from '../kit/upstream.ts';

const YAML = `validation: { maxCertificateBytes: 64KiB }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]`;
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

t.test('sessions of small and large certificates', async (t) => {
  const upstream = await startUpstream(t);
  const pki = makePki();
  // So many names would fit into no header.
  const upstreamOptions = 'identityHeaders: [{ X-Serial: serial.decimal }]';
  const { port, requests } = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    upstreamOptions,
    yaml: YAML,
  });
  const folder = t.testdir({});
  for (const count of [1, 400, 600, 800, 1600]) {
    const san = Array.from(
      { length: count },
      (_, at) => ({ kind: 'dns', value: `name-${at}.partner.example` }) as const,
    );
    const { der, pem, keyPem } = pki.issuing.client({ cn: 'alice', san });
    const [certificate, key] = [join(folder, `${count}.pem`), join(folder, `${count}.key`)];
    writeFileSync(certificate, pem);
    writeFileSync(key, keyPem);
    for (const version of ['-tls1_2', '-tls1_3']) {
      const what = `${version}, ${der.length} bytes`;
      const session = join(folder, `${count}${version}`);
      const options = ['-servername', 'localhost', version, '-cert', certificate, '-key', key, '-quiet'];
      t.match(await runClient(t, port, [...options, '-sess_out', session], REQUEST), /^HTTP\/1\.1 200 /m, what);
      t.match(requests().at(-1), { resumed: false }, what);
      t.match(await runClient(t, port, [...options, '-sess_in', session], REQUEST), /^HTTP\/1\.1 200 /m, what);
      t.match(requests().at(-1), { resumed: true }, `${what}: resumed`);
    }
  }
});
