// The webhook of the expiry watch: told of what ends, signed; what is wrong with its settings is said before.

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import t from 'tap';
import { configurationText, makeConfigurationFolder } from '../kit/configuration.ts';
import { makeFolder, makePki, startTestGateway } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const DAY_MS = 86_400_000;
const KEY = Buffer.alloc(24, 7);

t.test('an anchor that ends', async (t) => {
  const received: { headers: Readonly<Record<string, unknown>>; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const root = makeRoot({ notBefore: Date.now() - 300 * DAY_MS, notAfter: Date.now() + 6.5 * DAY_MS });
  const upstream = await startUpstream(t);
  await startTestGateway(t, {
    pki: { ...makePki(), root },
    upstreamPort: upstream.port,
    files: { 'hook.secret': `whsec_${KEY.toString('base64')}\n` },
    yaml: `expiry: { webhook: { url: "http://127.0.0.1:${port}/hook", secretFile: hook.secret } }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]
`,
  });
  await until(() => received.length === 1);
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  const { type, data } = JSON.parse(body);
  t.equal(type, 'portcullis.expiry');
  t.match(data, {
    count: 1,
    warnings: [{ kind: 'anchor', name: 'CN=Test Root', trust: 'corporate', daysLeft: 6, threshold: 7 }],
  });
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`);
});

t.test('a secret that is none', async (t) => {
  const folder = makeConfigurationFolder(makeFolder(t));
  const configure = (secret: string, mode: number, url = 'https://hook.example/x') => {
    folder.write('hook.secret', secret, mode);
    folder.write(
      'portcullis.yaml',
      configurationText({ expiry: `{ webhook: { url: "${url}", secretFile: hook.secret } }` }),
    );
    return folder.load();
  };
  const long = 'x'.repeat(24);
  t.strictSame((await configure(long, 0o600)).problems, []);
  t.match((await configure('x'.repeat(23), 0o600)).problems, [{ message: /has 23 bytes, at least 24/ }]);
  t.match((await configure(`whsec_${long}`, 0o600)).problems, [{ message: /has 18 bytes/ }]);
  t.match((await configure(long, 0o644)).problems, [{ message: /readable by everyone/ }]);
  t.match((await configure(long, 0o600, 'https://me:word@hook.example/')).problems, [
    { message: /no user or password/ },
  ]);
  t.match((await configure(long, 0o600, 'ftp://hook.example/')).problems, [{ message: /http or https/ }]);
});
