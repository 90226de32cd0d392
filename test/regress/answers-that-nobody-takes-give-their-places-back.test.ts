// An answer of a service that speaks HTTP/2, which had ended but which its client did not take, had no time limit any more,
// and held one of the places of the service: a few clients that said nothing kept everybody else from it for ever. So it was,
// but for the place, with an event stream of a service by HTTP/1.1.

import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startHttp2Service } from '../kit/http2-service.ts';
import { ERROR, frame, GET, headers, openRaw, uint32 } from '../kit/http2-wire.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

/** SETTINGS_INITIAL_WINDOW_SIZE 0 (RFC 9113 6.5.2): not one byte of a body may be sent. */
const NO_WINDOW = Buffer.concat([Buffer.from([0, 4]), uint32(0)]);

type Protocol = 'http1' | 'http2';

async function startService(t: Test, protocol: Protocol, type: string): Promise<number> {
  if (protocol === 'http1') {
    const answer = (_: unknown, response: ServerResponse) => {
      response.writeHead(200, { 'content-type': type }).end('answered');
    };
    return (await startUpstream(t, { answer })).port;
  }
  const service = await startHttp2Service(t, (stream) => {
    stream.respond({ ':status': 200, 'content-type': type });
    stream.end('answered');
  });
  return service.port;
}

for (const protocol of ['http1', 'http2'] as const) {
  for (const type of ['text/plain', 'text/event-stream', 'application/grpc']) {
    t.test(`${type} by ${protocol}`, async (t) => {
      const upstreamPort = await startService(t, protocol, type);
      const start = (timeouts = '') =>
        startTestGateway(t, {
          upstreamPort,
          upstreamOptions: `protocol: ${protocol}\nmaxConnections: 1\n${timeouts}`,
          yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
        });
      const patient = await start();
      const late = await openRaw(t, { port: patient.port }, NO_WINDOW);
      late.send(headers(1, GET));
      await late.heard('HEADERS');
      t.equal((await send(t, { port: patient.port })).text, 'answered', 'the service has a place for others');
      late.send(frame('WINDOW_UPDATE', 0, 1, uint32(100)));
      t.equal((await late.heard('DATA')).payload.toString(), 'answered', 'nothing is lost when it is taken late');

      const gateway = await start('timeouts: { answer: 1s, idle: 1s }');
      const never = await openRaw(t, { port: gateway.port }, NO_WINDOW);
      never.send(headers(1, GET));
      t.equal((await never.heard('RST_STREAM')).payload.readUInt32BE(), ERROR.internal);
      await until(() => gateway.requests().length === 1);
    });
  }
}
