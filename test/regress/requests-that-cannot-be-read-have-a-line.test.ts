// What the parser or a time limit refused left no line in the log: nobody could tell who tried.

import t, { type Test } from 'tap';
import { open } from '../kit/client.ts';
import { type GatewayOptions, startTestGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const YAML = `
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]
timeouts: { head: 1s, request: 2s }
`;
const GET = 'GET /x HTTP/1.1\r\nHost: localhost\r\n';
const POST = 'POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n';

// Most of it is waiting.
t.jobs = 4;

async function start(t: Test, options: Partial<GatewayOptions> = {}) {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstreamPort: upstream.port, yaml: YAML, ...options });
  const socket = await open(t, { port: gateway.port });
  return { upstream, gateway, socket, answers: readAnswers(t, socket) };
}

for (const [name, bytes, rest, status, code] of [
  ['a field without a name', GET, ': x\r\n\r\n', 400, 'request-invalid'],
  ['a head that is too long', GET, `X-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ['a head that never ends', GET, '', 408, 'request-timeout'],
] as const) {
  t.test(name, async (t) => {
    const { upstream, gateway, socket, answers } = await start(t);
    socket.write(`${GET}\r\n`);
    t.equal((await answers.next()).status, 200, 'a sound one before it');
    const before = upstream.bytes();
    socket.write(bytes + rest);
    t.match(await answers.next(), { status, body: new RegExp(code) });
    t.equal(await answers.rest(), '', 'the connection ends');
    t.equal(upstream.bytes(), before);
    const requests = gateway.requests();
    t.equal(requests.length, 2);
    t.match(requests[1], { clientAddress: '127.0.0.1', status, decision: 'deny', code, tls: 'TLSv1.3' });
    t.match(requests[1]?.requestId, /^[0-9a-f-]{36}$/);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
    t.match(metrics, new RegExp(`^portcullis_requests_total\\{.*"${code}".*\\} 1$`, 'm'), 'and it is counted');
  });
}

t.test('an allowed upload that stalls', async (t) => {
  const { upstream, gateway, socket, answers } = await start(t);
  socket.write(`${POST}hello`);
  t.equal((await answers.next()).status, 200, 'one that does not');
  socket.write(`${POST}he`);
  await until(() => gateway.requests().length === 2);
  t.match(gateway.requests()[1], { path: '/x', decision: 'allow', code: 'request-timeout', status: 0 });
  t.notMatch(await answers.rest(), 'HTTP/1.1 200');
  t.equal(upstream.received.length, 1, 'it never became whole');
});
