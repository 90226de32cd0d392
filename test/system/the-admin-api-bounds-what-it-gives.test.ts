// Limits of the admin API, each on the sockets that are really used: by plain HTTP and by TLS.

import { Agent, request } from 'node:https';
import { createConnection, type Socket } from 'node:net';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { adminTlsOptions, callAdmin, OPERATOR } from '../kit/admin.ts';
import { tlsOptions } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const upstream = await startUpstream(t);
const pki = makePki();
const { root } = pki;

/** `limits`: YAML. */
async function start(t: Test, limits: string, tls = '') {
  const server = root.server({ notAfter: Date.now() + 90 * 86_400_000 });
  const gateway = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    files: { 'admin.pem': server.chainPem, 'admin.key': server.keyPem },
    yaml: `
admin:
  address: 127.0.0.1:0
  ${tls}
  limits: { ${limits} }
  tokens: [{ name: ops, role: operator, hash: ${OPERATOR.hash} }]
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]
`,
  });
  return { ...gateway, call: (path: string) => callAdmin(gateway.adminPort, `/api/v1${path}`) };
}

t.test('a slow reader of live decisions is cut off', async (t) => {
  const gateway = await start(t, 'watchers: 2, unreadBytes: 64KiB');
  const watch = (): Socket => {
    const socket = createConnection(gateway.adminPort, '127.0.0.1').on('error', () => {});
    t.teardown(() => socket.destroy());
    const head = `GET /api/v1/decisions/live HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${OPERATOR.token}\r\n\r\n`;
    socket.write(head);
    return socket;
  };
  let isOpen = true;
  let bytes = 0;
  watch()
    .on('data', ({ length }) => {
      bytes += length;
    })
    .on('close', () => {
      isOpen = false;
    });
  await until(() => bytes > 0);
  // Reads the beginning, and then no more.
  const slow = watch();
  await new Promise((resolve) => slow.once('data', resolve));
  slow.pause();
  t.match(await gateway.call('/decisions/live'), { status: 429 }, 'both have their places');

  // More than the system takes for one who does not read.
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  t.teardown(() => agent.destroy());
  const path = `/${'x'.repeat(14_000)}`;
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const call = request({ ...tlsOptions({ port: gateway.port }), path, agent }, (response) => {
        response.resume().on('end', resolve);
      });
      call.on('error', reject).end();
    });
  const sendMany = async () => {
    for (let n = 0; n < 10; n++) await Promise.all([ask(), ask(), ask(), ask()]);
  };
  let third: Socket | undefined;
  let answer = '';
  await until(async () => {
    await sendMany();
    third?.destroy();
    answer = '';
    third = watch().on('data', (data) => {
      answer += data;
    });
    await until(() => answer.includes('\r\n'));
    return answer.startsWith('HTTP/1.1 200');
  });
  t.match(answer, /^HTTP\/1.1 200/, 'its place is another’s');
  t.ok(isOpen, 'who reads stays');
});

t.test('as many requests are kept as configured', async (t) => {
  const gateway = await start(t, 'decisions: 2');
  for (const path of ['/1', '/2', '/3']) {
    await new Promise<void>((resolve, reject) => {
      const call = request({ ...tlsOptions({ port: gateway.port }), path, agent: false }, (response) => {
        response.resume().on('end', resolve);
      });
      call.on('error', reject).end();
    });
  }
  await until(() => gateway.requests().length === 3);
  const { decisions } = (await gateway.call('/decisions')).json;
  t.match(decisions, [{ path: '/3' }, { path: '/2' }]);
  t.equal(decisions.length, 2);
});

t.test('as many requests at once as configured', async (t) => {
  const gateway = await start(t, 'requests: 2, requestsPerSecond: 0.01, failures: 1, failuresPerMinute: 0.1');
  t.match(await gateway.call('/status'), { status: 200 });
  t.match(await gateway.call('/status'), { status: 200 });
  t.match(await gateway.call('/status'), { status: 429 });
  const fail = () => callAdmin(gateway.adminPort, '/api/v1/status', { token: null });
  t.match(await fail(), { status: 401 });
  t.match(await fail(), { status: 429 });
});

t.test('by TLS', async (t) => {
  const gateway = await start(t, 'connections: 2', 'tls: { cert: admin.pem, key: admin.key }');
  const open = () => {
    const socket = connect({ ...adminTlsOptions({ root }), host: '127.0.0.1', port: gateway.adminPort });
    t.teardown(() => socket.destroy());
    return new Promise<typeof socket | undefined>((resolve) => {
      socket.once('secureConnect', () => resolve(socket)).once('error', () => resolve(undefined));
    });
  };
  const [first, second] = [await open(), await open()];
  t.ok(first && second);
  t.equal(await open(), undefined, 'one connection too many');
  second?.destroy();
  await until(async () => (await open()) !== undefined);

  first?.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n');
  let text = '';
  first?.on('data', (data) => {
    text += data;
  });
  await new Promise((resolve) => first?.once('close', resolve));
  t.match(text, /^HTTP\/1.1 408/, 'a head that never ends has its time limit there, too');
});
