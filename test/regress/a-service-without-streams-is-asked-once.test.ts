// A service that speaks HTTP/2 may allow no streams (RFC 9113 6.5.2). Whoever waited for one made a connection after the
// other, as fast as the machine could, and went on when the request was long given up.

import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startHttp2Service } from '../kit/http2-service.ts';

t.test('no streams', async (t) => {
  const ask = async (settings: object) => {
    const service = await startHttp2Service(t, undefined, settings);
    const { port } = await startTestGateway(t, {
      upstreamPort: service.port,
      upstreamOptions: 'protocol: http2',
      yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
    });
    return { answer: await send(t, { port }), sessions: service.sessions };
  };
  const one = await ask({ maxConcurrentStreams: 1 });
  t.match([one.answer.status, one.sessions.length], [200, 1]);
  const none = await ask({ maxConcurrentStreams: 0 });
  checkRefusal(t, none.answer, 'upstream-unreachable');
  t.equal(none.sessions.length, 1);
});
