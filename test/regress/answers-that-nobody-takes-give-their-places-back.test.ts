// An answer of a service that speaks HTTP/2, which had ended but which its client did not take, had no time limit any more,
// and held one of the places of the service: a few clients that said nothing kept everybody else from it for ever.

import t from 'tap';
import { send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startHttp2Service } from '../kit/http2-service.ts';
import { ERROR, frame, GET, headers, openRaw, uint32 } from '../kit/http2-wire.ts';
import { until } from '../kit/until.ts';

/** SETTINGS_INITIAL_WINDOW_SIZE 0 (RFC 9113 6.5.2): not one byte of a body may be sent. */
const NO_WINDOW = Buffer.concat([Buffer.from([0, 4]), uint32(0)]);
const isTaken = (text: string) => text === 'answered';

t.test('one after the other', async (t) => {
  for (const type of ['text/plain', 'text/event-stream', 'application/grpc']) {
    const service = await startHttp2Service(t, (stream) => {
      stream.respond({ ':status': 200, 'content-type': type });
      stream.end('answered');
    });
    const start = (timeouts = '') =>
      startTestGateway(t, {
        upstreamPort: service.port,
        upstreamOptions: `protocol: http2\nmaxConnections: 1\n${timeouts}`,
        yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
      });
    const patient = await start();
    const late = await openRaw(t, { port: patient.port }, NO_WINDOW);
    late.send(headers(1, GET));
    await late.heard('HEADERS');
    t.ok(isTaken((await send(t, { port: patient.port })).text), 'the service has a place for others');
    late.send(frame('WINDOW_UPDATE', 0, 1, uint32(100)));
    t.ok(isTaken((await late.heard('DATA')).payload.toString()), 'nothing is lost when it is taken late');

    const gateway = await start('timeouts: { idle: 1s }');
    const never = await openRaw(t, { port: gateway.port }, NO_WINDOW);
    never.send(headers(1, GET));
    t.equal((await never.heard('RST_STREAM')).payload.readUInt32BE(), ERROR.internal);
    await until(() => gateway.requests().length === 1);
  }
});
