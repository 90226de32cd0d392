// Of an answer that its client did not take, the last buffer stayed with the service's connection as long as that was used: 64
// for each connection, 4 MiB of what others were sent.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { startTestGateway } from '../kit/gateway.ts';
import { GET, headers, openRaw, uint32 } from '../kit/http2-wire.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

/** SETTINGS_INITIAL_WINDOW_SIZE 0 (RFC 9113 6.5.2): not one byte of a body may be sent. */
const NO_WINDOW = Buffer.concat([Buffer.from([0, 4]), uint32(0)]);
/** Less than what the gateway reads ahead, so that the connection is free again. */
const BODY = Buffer.alloc(120 * 1024, 'x');
const CLIENTS = 4;
const STREAMS = 50;
/** A tenth of one buffer for each of them, and something for everything else. */
const MOST_BYTES = (CLIENTS * STREAMS * 64 * 1024) / 10 + 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function usedByBuffers(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}

t.test('many that take nothing', async (t) => {
  const upstream = await startUpstream(t, {
    answer: (_, response) => response.writeHead(200, { 'content-length': BODY.length }).end(BODY),
  });
  upstream.server.keepAliveTimeout = 600_000;
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    upstreamOptions: 'timeouts: { keepAlive: 10m }',
    yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
  });
  let before = 0;
  for (let count = 1; count <= CLIENTS + 1; count++) {
    const client = await openRaw(t, { port: gateway.port }, NO_WINDOW);
    for (let index = 0; index < STREAMS; index++) client.send(headers(2 * index + 1, GET));
    await until(() => client.frames.filter(({ type }) => type === 'HEADERS').length === STREAMS);
    client.socket.destroy();
    await until(() => gateway.requests().length === count * STREAMS);
    if (count === 1) before = usedByBuffers();
  }
  await until(() => usedByBuffers() - before < MOST_BYTES);
  t.pass('what they did not take is freed');
});
