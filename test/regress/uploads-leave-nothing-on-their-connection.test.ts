// Each upload to a service that speaks HTTP/2 left a listener on the connection of its client, as long as that was open.

import t from 'tap';
import { open } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startHttp2Service } from '../kit/http2-service.ts';
import { until } from '../kit/until.ts';

t.test('many of one connection', async (t) => {
  const service = await startHttp2Service(t);
  const { port } = await startTestGateway(t, {
    upstreamPort: service.port,
    upstreamOptions: 'protocol: http2',
    yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
  });
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  const socket = await open(t, { port });
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  // Node warns of the eleventh listener.
  for (let count = 0; count < 20; count++) {
    socket.write(`POST /${count} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc`);
    await until(() => text.includes(`answered /${count}`));
  }
  t.strictSame(warnings, []);
  t.equal(service.received.length, 20);
});
