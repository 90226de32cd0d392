// docs/proxying.md says which traffic takes which lane, and so it is: each row is sent through a gateway, and what Node and
// Fastify tell of their clients and routers shows where it went.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { echo, openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';

const pki = makePki();

/** What was seen of one request on its way. */
interface Seen {
  /** Fastify had a handler for it. */
  routed: boolean;
  /** Node's own client sent it, by plain HTTP/1.1; that of the tests speaks TLS. */
  byNode: boolean;
  /** It came to the service as a stream of HTTP/2. */
  asStream: boolean;
}

function laneOf({ routed, byNode, asStream }: Seen): string {
  if (asStream) return routed || byNode ? 'two at a time' : 'streams';
  if (routed !== byNode) return 'a mount without its client, or the other way round';
  return routed ? 'http-proxy' : 'own';
}

/** Notes what Node and Fastify tell until the test ends. */
function watch(t: Test): Seen {
  const seen: Seen = { routed: false, byNode: false, asStream: false };
  const noteRouted = () => {
    seen.routed = true;
  };
  const noteRequest = (told: unknown) => {
    if ((told as { readonly request: ClientRequest }).request.protocol === 'http:') seen.byNode = true;
  };
  subscribe('tracing:fastify.request.handler:start', noteRouted);
  subscribe('http.client.request.start', noteRequest);
  t.teardown(() => {
    unsubscribe('tracing:fastify.request.handler:start', noteRouted);
    unsubscribe('http.client.request.start', noteRequest);
  });
  return seen;
}

/** A service by HTTP/2; `came` is told of each stream. */
async function startStreams(t: Test, came: () => void): Promise<number> {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    came();
    stream.respond({ ':status': 200 });
    stream.end('answered');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

type Ask = (t: Test, client: { port: number; certificate: ReturnType<typeof pki.issuing.client> }) => Promise<unknown>;

const WAYS: Readonly<Record<string, Ask>> = {
  'HTTP/1.1': async (t, client) => (await send(t, { ...client, method: 'POST', body: 'x' })).status,
  'HTTP/2': async (t, client) => (await askStream(t, await openHttp2(t, client), { path: '/' })).status,
  WebSocket: async (t, client) => {
    const socket = await openWebSocket(t, client);
    return 'status' in socket ? socket.status : echo(socket, 'x').then((text) => (text === 'x' ? 200 : text));
  },
};

const rows = readFileSync(new URL('../../docs/proxying.md', import.meta.url), 'utf8')
  .split('## The lanes')[1]
  ?.match(/^\| .*$/gm)
  ?.map((row) => row.split('|').map((cell) => cell.trim()))
  .filter(([, , lane = '']) => ['own', 'streams', 'http-proxy'].includes(lane));

t.equal(rows?.length, 2 * Object.keys(WAYS).length, 'every way to either kind of service has its row');

for (const [, traffic = '', lane] of rows ?? []) {
  const [way = '', service] = traffic.split(' to ');
  t.test(`${traffic}: ${lane}`, async (t) => {
    const seen = watch(t);
    const { port: plainPort } = await startEchoUpstream(t);
    const streamsPort = await startStreams(t, () => {
      seen.asStream = true;
    });
    const byStreams = service === '`protocol: http2`';
    // Only upgrades reach a service of HTTP/2 by HTTP/1.1.
    const upstreamPort = byStreams && way !== 'WebSocket' ? streamsPort : plainPort;
    const gateway = await startTestGateway(t, {
      pki,
      upstreamPort,
      upstreamOptions: byStreams ? 'protocol: http2' : '',
      yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]',
    });
    t.equal(await WAYS[way]?.(t, { port: gateway.port, certificate: pki.issuing.client() }), 200);
    t.equal(laneOf(seen), lane);
  });
}
