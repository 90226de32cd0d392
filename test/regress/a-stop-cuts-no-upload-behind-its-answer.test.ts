// An upload whose answer was out already was taken for no request by a gateway that stopped: it was cut off at once, and
// not when the time to drain was over.

import { once } from 'node:events';
import t from 'tap';
import { open } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const CHUNK = '5\r\nabcde\r\n';

t.test('it comes to its end, and the gateway with it', async (t) => {
  const upstream = await startUpstream(t);
  upstream.server.removeAllListeners('request');
  upstream.server.on('request', (request, response) => {
    request.on('error', () => {}).resume();
    response.end('early');
  });
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]',
  });
  const idle = await open(t, { port: gateway.port });
  const socket = await open(t, { port: gateway.port });
  const answers = readAnswers(t, socket);
  const asked = once(upstream.server, 'request');
  socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNK}`);
  t.equal((await answers.next()).body, 'early');
  const [request] = await asked;

  const stopped = gateway.stop();
  idle.resume();
  await until(() => idle.closed);
  socket.write(`${CHUNK}0\r\n\r\n`);
  await until(() => request.complete);
  await stopped;
  t.match(gateway.requests(), [{ status: 200, decision: 'allow' }]);
});
