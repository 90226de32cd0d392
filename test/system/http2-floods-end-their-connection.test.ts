// HTTP/2: a client that makes work for nothing is cut off, by the frame that is too many, and everybody else is served.

import t, { type Test } from 'tap';
import { startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  ERROR,
  type Frame,
  frame,
  GET,
  headers,
  openRaw,
  POST,
  type RawSession,
  reset,
  uint32,
  writeFields,
} from '../kit/http2-wire.ts';
import { until } from '../kit/until.ts';
import { startUpstream, type TestUpstream } from '../kit/upstream.ts';

async function start(t: Test, limits = '{}'): Promise<{ gateway: TestGateway; upstream: TestUpstream }> {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    listener: 'http2: true',
    yaml: `limits: ${limits}\nsites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]`,
  });
  return { gateway, upstream };
}

const times = (count: number, write: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => write(index)));
const streamOf = (index: number) => 2 * index + 1;

interface Flood {
  /** What may be sent, with a number of times that is allowed, and one that is not. */
  readonly write: (index: number) => Buffer;
  readonly few: number;
  readonly many: number;
  readonly before?: Buffer;
}

const FLOODS: Readonly<Record<string, Flood>> = {
  PING: { write: () => frame('PING', 0, 0, Buffer.alloc(8)), few: 100, many: 250 },
  SETTINGS: { write: () => frame('SETTINGS', 0, 0), few: 100, many: 250 },
  'streams that are reset': {
    write: (index) =>
      Buffer.concat([headers(streamOf(index), POST, END_HEADERS), reset(streamOf(index), ERROR.cancel)]),
    few: 50,
    many: 400,
  },
  'streams that we must reset': {
    write: (index) => headers(streamOf(index), [...GET, ['connection', 'x']]),
    few: 20,
    many: 2000,
  },
  'streams at a time': { write: (index) => headers(streamOf(index), POST, END_HEADERS), few: 100, many: 300 },
  CONTINUATION: {
    before: frame('HEADERS', END_STREAM, 1, writeFields(GET)),
    write: () => frame('CONTINUATION', 0, 1, writeFields([['x', 'y']])),
    few: 5,
    many: 20,
  },
  'empty CONTINUATION': {
    before: frame('HEADERS', END_STREAM, 1, writeFields(GET)),
    write: () => frame('CONTINUATION', 0, 1),
    few: 5,
    many: 20,
  },
  'empty DATA': {
    before: headers(1, POST, END_HEADERS),
    write: () => frame('DATA', 0, 1),
    few: 10,
    many: 1000,
  },
  PRIORITY: { write: () => frame('PRIORITY', 0, 1, Buffer.from([0, 0, 0, 0, 1])), few: 100, many: 20_000 },
  'frames of no type': { write: () => frame(99, 0, 0), few: 100, many: 20_000 },
};

/** Still there: it answers a PING of its own. */
async function isAlive(session: RawSession): Promise<void> {
  session.send(frame('PING', 0, 0, 'portcull'));
  await session.heard('PING', ({ flags, payload }) => flags === ACK && payload.toString() === 'portcull');
}

for (const [name, { write, few, many, before = Buffer.alloc(0) }] of Object.entries(FLOODS)) {
  t.test(name, async (t) => {
    const { gateway } = await start(t);
    const good = await openHttp2(t, { port: gateway.port });
    const patient = await openRaw(t, { port: gateway.port });
    patient.send(before, times(few, write));
    if (name.endsWith('CONTINUATION')) {
      patient.send(frame('CONTINUATION', END_HEADERS, 1));
      t.equal((await patient.heard('DATA')).payload.toString(), 'answered /x');
    } else await isAlive(patient);

    const flooding = await openRaw(t, { port: gateway.port });
    flooding.send(before, times(many, write));
    await flooding.ended();
    t.match(await askStream(t, good, { path: '/good' }), { text: 'answered /good' }, 'others are served');
    await isAlive(patient);
    await until(() => gateway.lines.some(({ message }) => message === 'a connection by HTTP/2 was cut off'));
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
    t.match(metrics, /^portcullis_connections_refused_total\{why="http2"\} 1$/m);
    t.strictSame(
      gateway.lines.filter(({ level }) => level === 'error'),
      [],
    );
  });
}

t.test('more streams than the client was told', async (t) => {
  const { gateway, upstream } = await start(t, '{ streams: 3 }');
  const told = await openRaw(t, { port: gateway.port });
  const settings =
    told.frames.find(({ type, flags }) => type === 'SETTINGS' && flags === 0)?.payload ?? Buffer.alloc(0);
  const values = new Map<number, number>();
  for (let at = 0; at < settings.length; at += 6) values.set(settings.readUInt16BE(at), settings.readUInt32BE(at + 2));
  // RFC 9113 6.5.2, RFC 8441 3: ENABLE_PUSH, MAX_CONCURRENT_STREAMS; and no ENABLE_CONNECT_PROTOCOL.
  t.strictSame([values.get(2), values.get(3), values.get(8)], [0, 3, undefined]);
  upstream.server.removeAllListeners('request');
  told.send(times(3, (index) => headers(streamOf(index), GET)));
  await isAlive(told);
  told.send(headers(streamOf(3), GET));
  t.equal(await told.ended(), ERROR.protocol);
});

t.test('a head that never ends', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    listener: 'http2: true',
    yaml: `timeouts: { head: 1s, idle: 1s }
sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]`,
  });
  for (const bytes of [Buffer.alloc(0), frame('HEADERS', END_STREAM, 1, writeFields(GET)), Buffer.from([0, 0, 5])]) {
    const session = await openRaw(t, { port: gateway.port });
    session.send(bytes);
    await session.ended();
  }
  const silent = await openRaw(t, { port: gateway.port });
  silent.send(headers(1, GET));
  await silent.heard('DATA');
  // PING is no request.
  const pings = setInterval(() => silent.send(frame('PING', 0, 0, Buffer.alloc(8))), 100);
  t.teardown(() => clearInterval(pings));
  t.equal(await silent.ended(), ERROR.none, 'GOAWAY after the idle time');
});

t.test('answers that nobody takes', async (t) => {
  const { gateway, upstream } = await start(t);
  // SETTINGS_INITIAL_WINDOW_SIZE 0: not one byte of a body may be sent.
  const session = await openRaw(t, { port: gateway.port }, Buffer.concat([Buffer.from([0, 4]), uint32(0)]));
  session.send(headers(1, [...GET.slice(0, 3), [':path', '/a/../b']]));
  await session.heard('HEADERS');
  t.equal((await session.heard('RST_STREAM')).payload.readUInt32BE(), ERROR.internal, 'a refusal is given up');
  t.equal(upstream.received.length, 0);
});

t.test('requests of one connection', async (t) => {
  const { gateway } = await start(t, '{ requestsPerConnection: 3 }');
  const session = await openRaw(t, { port: gateway.port });
  session.send(times(5, (index) => headers(streamOf(index), GET)));
  const goaway = await session.heard('GOAWAY');
  t.equal(goaway.payload.readUInt32BE(4), ERROR.none);
  await session.ended();
  t.equal(session.frames.filter(({ type, payload }) => type === 'DATA' && payload.length > 0).length, 3);
});

t.test('memory of one connection', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    upstreamOptions: 'maxConnections: 5',
    listener: 'http2: true',
    yaml: `limits: { sessionBytes: 1MiB, streams: 10000 }
sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]`,
  });
  const session = await openRaw(t, { port: gateway.port });
  session.send(times(100, (index) => headers(streamOf(index), POST, END_HEADERS)));
  await isAlive(session);
  const isRefused = ({ type, payload }: Frame) =>
    type === 'RST_STREAM' && payload.readUInt32BE() === ERROR.enhanceYourCalm;
  t.notOk(session.frames.some(isRefused), 'some uploads may wait');
  session.send(times(3000, (index) => headers(streamOf(100 + index), POST, END_HEADERS)));
  await session.heardAny(isRefused);
  t.match(await askStream(t, await openHttp2(t, { port: gateway.port })), { status: 200 }, 'others are served');
});
