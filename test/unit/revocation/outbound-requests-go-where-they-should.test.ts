// By the proxy of the configuration and no other, and to the server whose certificate proves its name.

import { execFile } from 'node:child_process';
import { createServer, request as startRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { createOutbound } from '../../../src/revocation/outbound.ts';
import { startCanary } from '../../kit/canary.ts';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';
import { inCheckout } from '../../kit/process.ts';
import { listen, startRawServer, tell } from './outbound-servers.ts';

const root = makeRoot();
const REQUEST = { method: 'GET', maxBytes: 1024, timeLimitMs: 10_000 } as const;

async function startTls(t: Test, certificate: TestCertificate): Promise<number> {
  const server = createTlsServer({ cert: certificate.pem, key: certificate.keyPem }, (request, response) => {
    response.end(`${request.url} of ${request.headers.host}`);
  });
  server.on('tlsClientError', () => {});
  return listen(t, server);
}

/** A proxy as simple as can be: requests in absolute form, and tunnels. */
async function startProxy(t: Test) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} for ${request.headers.host}`);
    startRequest(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.on('connect', (request, client: Socket) => {
    asked.push(`${request.method} ${request.url}`);
    const [host = '', port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 go\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  return { proxy: `http://127.0.0.1:${await listen(t, server)}`, asked };
}

t.test('servers prove their names', async (t) => {
  const authorities = [root.pem];
  const port = await startTls(t, root.server());
  const url = `https://localhost:${port}/ca.crl`;
  t.equal(tell(await createOutbound({ authorities })({ ...REQUEST, url })), `body: /ca.crl of localhost:${port}`);
  const byAddress = { ...REQUEST, url: `https://127.0.0.1:${port}/` };
  t.equal(tell(await createOutbound({ authorities })(byAddress)), `body: / of 127.0.0.1:${port}`);

  const other = createOutbound({ authorities: [makeRoot().pem] });
  t.match(tell(await other({ ...REQUEST, url })), /^no verified TLS connection \(.*(UNABLE|SIGNATURE|SELF)/);
  t.match(tell(await createOutbound()({ ...REQUEST, url })), /^no verified TLS connection \(/, 'nobody knows our root');

  const elsewhere = await startTls(t, root.server({ san: [{ kind: 'dns', value: 'elsewhere.test' }] }));
  t.equal(
    tell(await createOutbound({ authorities })({ ...REQUEST, url: `https://localhost:${elsewhere}/` })),
    'no verified TLS connection (ERR_TLS_CERT_ALTNAME_INVALID)',
  );
  const plain = await startRawServer(t, () => {});
  t.match(
    tell(
      await createOutbound({ authorities })({ ...REQUEST, url: `https://localhost:${plain.port}/`, timeLimitMs: 200 }),
    ),
    /^no (verified TLS connection|complete answer)/,
  );
});

t.test('what the process was told to tolerate is not tolerated', async (t) => {
  const port = await startTls(t, root.server());
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.teardown(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });
  const answer = await createOutbound()({ ...REQUEST, url: `https://localhost:${port}/` });
  t.match(tell(answer), /^no verified TLS connection \(/);
});

t.test('the defaults of the process, which the gateway empties, count for nothing', async (t) => {
  const before = getCACertificates('default');
  t.teardown(() => setDefaultCACertificates(before));
  const port = await startTls(t, root.server());
  setDefaultCACertificates([root.pem]);
  const url = `https://localhost:${port}/`;
  t.match(tell(await createOutbound()({ ...REQUEST, url })), /^no verified TLS connection \(/);
  setDefaultCACertificates([]);
  t.match(tell(await createOutbound({ authorities: [root.pem] })({ ...REQUEST, url })), /^body: /);
});

t.test('a proxy gets requests in absolute form, and makes tunnels for https', async (t) => {
  const { proxy, asked } = await startProxy(t);
  const outbound = createOutbound({ proxy, authorities: [root.pem] });
  const plain = await startRawServer(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nlist'));
  t.equal(tell(await outbound({ ...REQUEST, url: `http://127.0.0.1:${plain.port}/ca.crl?x=1` })), 'body: list');
  t.match(plain.heads, [/^GET \/ca\.crl\?x=1 HTTP/]);
  const port = await startTls(t, root.server());
  t.equal(tell(await outbound({ ...REQUEST, url: `https://localhost:${port}/x` })), `body: /x of localhost:${port}`);
  t.strictSame(asked, [
    `GET http://127.0.0.1:${plain.port}/ca.crl?x=1 for 127.0.0.1:${plain.port}`,
    `CONNECT localhost:${port}`,
  ]);

  const mistrusting = createOutbound({ proxy });
  t.match(
    tell(await mistrusting({ ...REQUEST, url: `https://localhost:${port}/x` })),
    /^no verified TLS connection/,
    'a tunnel vouches for nobody',
  );
});

t.test('a bad proxy is a failure', async (t) => {
  const rows: Readonly<Record<string, readonly [(socket: Socket) => void, RegExp]>> = {
    'that refuses': [(s) => s.end('HTTP/1.1 407 pay\r\n\r\n'), /^the proxy answered with status 407$/],
    'that sends us elsewhere': [
      (s) => s.end('HTTP/1.1 302 x\r\nlocation: http://127.0.0.1/\r\n\r\n'),
      /^the proxy answered with status 302$/,
    ],
    'that speaks for the server': [(s) => s.write('HTTP/1.1 200 go\r\n\r\nhello'), /^the proxy answered/],
    'with a long head': [(s) => s.end(`HTTP/1.1 200 go\r\nx: ${'y'.repeat(17_000)}\r\n\r\n`), /HPE_HEADER_OVERFLOW/],
    'that closes': [(s) => s.end(), /^the proxy (broke off|closed)/],
    'that is silent': [() => {}, /^no complete answer within 300 ms$/],
  };
  for (const [name, [answer, why]] of Object.entries(rows)) {
    const { port } = await startRawServer(t, answer);
    const outbound = createOutbound({ proxy: `http://127.0.0.1:${port}` });
    t.match(tell(await outbound({ ...REQUEST, url: 'https://pki.test/', timeLimitMs: 300 })), why, name);
  }
});

t.test('the environment names no proxy', async (t) => {
  const canary = await startCanary(t);
  const server = await startRawServer(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nlist'));
  const proxy = `http://127.0.0.1:${canary.port}`;
  const script = `
    import { createOutbound } from './src/revocation/outbound.ts';
    const url = 'http://127.0.0.1:${server.port}/';
    const answer = await createOutbound()({ url, method: 'GET', maxBytes: 1024, timeLimitMs: 10_000 });
    process.stdout.write(answer.ok ? Buffer.from(answer.body).toString() : answer.why);
  `;
  const env = { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy };
  const node = promisify(execFile);
  const { stdout } = await node(process.execPath, ['--input-type=module', '-e', script], { cwd: inCheckout('.'), env });
  t.equal(stdout, 'list');
  t.equal(canary.hits(), 0);
});
