// Behind an answer that ends its connection no request is taken, but each that came was kept in memory until that answer
// was out: a slow one and a hundred thousand behind it cost 146 MB.

import t from 'tap';
import { open, readAll } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

const YAML = `
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
limits: { pipelinedRequests: 4 }
`;
const LAST = 'GET /slow HTTP/1.1\r\nHost: localhost\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n';
const MORE = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

t.test('a client that goes on sending is cut off', async (t) => {
  const upstream = await startUpstream(t, {
    answer: (request, response) => {
      if (request.url !== '/slow') response.end('fast');
    },
  });
  const { port } = await startTestGateway(t, { upstreamPort: upstream.port, yaml: YAML });
  const socket = await open(t, { port });
  const all = readAll(socket);
  socket.write(LAST + MORE.repeat(5000));
  t.equal(await all, '', 'without an answer');
  t.ok(upstream.received.length <= 1, 'nothing of it got further than the first');
});
