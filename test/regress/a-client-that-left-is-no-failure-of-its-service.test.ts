// A client that left in the middle of a request on an upstream connection of its own (NTLM): that was closed first, and
// the log said that the service had failed.

import t from 'tap';
import { startTestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { connectRaw, startFront, startUpstream, until } from '../unit/proxy/rig.ts';

for (const method of ['GET', 'POST']) {
  t.test(`${method}: it is nobody's failure, and is not sent again`, async (t) => {
    let requests = 0;
    const { url } = await startUpstream(t, (_request, response) => {
      if (++requests === 1) response.end('first');
    });
    const { port, outcomes } = await startFront(t, { url });
    const say = `${method} / HTTP/1.1\r\nHost: a\r\nAuthorization: NTLM x\r\nContent-Length: 0\r\n\r\n`;
    const client = await connectRaw(t, port, say);
    await client.heard(/first/);
    client.socket.write(say);
    await until(() => requests === 2);
    client.socket.destroy();
    await until(() => outcomes.length === 2);
    t.strictSame(outcomes, [undefined, undefined]);
    t.equal(requests, 2);
  });
}

t.test('the same by HTTP/2', async (t) => {
  let requests = 0;
  const { url } = await startUpstream(t, (_request, response) => {
    if (++requests === 1) response.end('first');
  });
  const gateway = await startTestGateway(t, {
    upstreamPort: Number(url.port),
    yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]',
  });
  const session = await openHttp2(t, gateway);
  const ask = () => askStream(t, session, { method: 'POST', headers: { authorization: 'NTLM x' } });
  t.equal((await ask()).text, 'first');
  void ask();
  await until(() => requests === 2);
  session.destroy();
  await until(() => gateway.requests().length === 2);
  t.strictSame(
    gateway.requests().map(({ status, code }) => [status, code]),
    [
      [200, undefined],
      [0, undefined],
    ],
  );
});
