// Whoever opens a connection and sends anything but a sound hello, or none, is closed: at once where that is sure, at the
// time limit of the handshake otherwise. Each is counted once, and none of them costs anybody else anything.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { send } from '../kit/client.ts';
import { writeHello } from '../kit/hello.ts';
import { extension, helloMessage, message, NAME, record, records, serverName } from '../kit/hello-bytes.ts';
import { until } from '../kit/until.ts';

async function openPlainly(t: Test, port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the connection is closed; this side does not end it. */
function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.once('end', () => socket.destroy());
  return new Promise((resolve) => socket.once('close', () => resolve(Buffer.concat(chunks))));
}

async function countHandshakes(probesPort: number, outcome: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${probesPort}/metrics`)).text();
  const line = new RegExp(`^portcullis_tls_handshakes_total\\{version="",outcome="${outcome}"\\} (\\d+)$`, 'm');
  return Number(line.exec(text)?.[1] ?? 0);
}

const ALERT = { none: undefined, unexpected: 10, version: 70, overflow: 22, illegal: 47, decode: 50, name: 112 };

const REFUSED: readonly (readonly [string, keyof typeof ALERT, Buffer])[] = [
  ['zeros', 'none', Buffer.alloc(100)],
  ['an alert first', 'none', Buffer.from('15030300020100', 'hex')],
  ['a hello of SSL 2', 'none', Buffer.from('802e0100020015000000100100800700c0', 'hex')],
  ['another protocol', 'none', Buffer.from('SSH-2.0-nothing\r\n')],
  ['a record of another version', 'version', record(helloMessage(), 22, Buffer.of(9, 9))],
  ['a record that is longer than one may be', 'overflow', Buffer.from('160301ffff01', 'hex')],
  ['another message', 'unexpected', record(message(11, Buffer.alloc(40)))],
  ['a hello that is longer than one may be', 'illegal', record(Buffer.of(1, 1, 0x10, 1))],
  ['a hello of 100 KiB', 'illegal', records(message(1, Buffer.alloc(100 * 1024)), 16 * 1024)],
  ['a hello in too many records', 'illegal', records(message(1, Buffer.alloc(20_000)), 1)],
  ['garbage in a hello', 'decode', record(message(1, Buffer.alloc(60, 0xff)))],
  ['two names', 'illegal', record(helloMessage({ extensions: [serverName(NAME), serverName('open.test')] }))],
  ['a name of another type', 'decode', record(helloMessage({ extensions: [serverName(NAME, 7)] }))],
  ['a name that is none', 'name', record(helloMessage({ extensions: [serverName('secure test')] }))],
];

t.test('refused at once', async (t) => {
  const { port, gateway, upstream } = await startAttacked(t);
  const hello = await writeHello(t, NAME, NAME);
  const good = await openPlainly(t, port);
  good.write(hello);
  const [answer] = (await once(good, 'data')) as [Buffer];
  t.equal(answer[0], 22, 'a sound one goes on');
  good.destroy();
  await until(async () => (await countHandshakes(gateway.probesPort, 'failed')) === 1);

  for (const [index, [name, alert, bytes]] of REFUSED.entries()) {
    const socket = await openPlainly(t, port);
    const all = readToEnd(socket);
    socket.write(bytes);
    const told = await all;
    const expected = ALERT[alert];
    // Whoever is still sending may get a reset before the alert.
    if (told.length > 0 || bytes.length < 1000) {
      t.strictSame([...told], expected === undefined ? [] : [21, 3, 3, 0, 2, 2, expected], name);
    }
    await until(async () => (await countHandshakes(gateway.probesPort, 'failed')) === index + 2);
    t.equal((await send(t, { port, path: '/public' })).status, 200, `${name}: a client after it is served`);
  }
  t.equal(upstream.received.length, REFUSED.length);
  t.equal(gateway.requests().length, REFUSED.length);
});

t.test('given up in the middle', async (t) => {
  const { port, gateway } = await startAttacked(t);
  const hello = await writeHello(t, NAME, NAME);
  let failed = 0;
  for (const length of [0, 1, 5, 20, hello.length - 1, hello.length]) {
    for (const leave of ['end', 'resetAndDestroy', 'destroy'] as const) {
      const socket = await openPlainly(t, port);
      const gone = once(socket.resume(), 'close');
      socket.write(hello.subarray(0, length), () => socket[leave]());
      // Whoever only ends its side is closed, for nothing more can come from there.
      if (leave === 'end') socket.once('end', () => socket.destroy());
      await gone;
      failed++;
    }
  }
  await until(async () => (await countHandshakes(gateway.probesPort, 'failed')) === failed);
  t.equal((await send(t, { port, path: '/public' })).status, 200, 'and a client after them is served');
});

t.test('slow ones have one time limit, before the hello and behind it', async (t) => {
  const { port, gateway } = await startAttacked(t, { yaml: 'timeouts: { handshake: 2s }\n' });
  const hello = await writeHello(t, NAME, NAME);
  const large = record(helloMessage({ extensions: [serverName(NAME), extension(21, Buffer.alloc(15_000))] }));
  const starts: readonly Buffer[] = [
    Buffer.alloc(0),
    hello.subarray(0, 1),
    hello.subarray(0, 5),
    hello.subarray(0, -1),
    hello,
    large.subarray(0, -1),
    records(hello.subarray(5), 1).subarray(0, -1),
    Buffer.from('GE'),
  ];
  const closed = await Promise.all(
    starts.map(async (bytes) => {
      const socket = await openPlainly(t, port);
      socket.write(bytes);
      return { all: readToEnd(socket) };
    }),
  );
  const dribbling = await openPlainly(t, port);
  let sent = 0;
  const timer = setInterval(() => dribbling.write(hello.subarray(sent, ++sent)), 50);
  t.teardown(() => clearInterval(timer));
  await Promise.all([...closed.map(({ all }) => all), readToEnd(dribbling)]);
  t.ok(sent < hello.length, 'bytes that trickle in win no time');
  await until(async () => (await countHandshakes(gateway.probesPort, 'timeout')) === starts.length + 1);
  t.equal(await countHandshakes(gateway.probesPort, 'failed'), 0, 'each is counted once');
  t.equal((await send(t, { port, path: '/public' })).status, 200);
});

t.test('their places are given again', async (t) => {
  const { port } = await startAttacked(t, { yaml: 'limits: { perAddress: { connections: 3 } }\n' });
  const open = [await openPlainly(t, port), await openPlainly(t, port), await openPlainly(t, port)];
  await t.rejects(send(t, { port }), 'connections without a hello count as all others');
  for (const socket of open) socket.destroy();
  await until(async () =>
    send(t, { port, path: '/public' }).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
});

t.test('a stopped gateway has none of them', async (t) => {
  const { port, gateway } = await startAttacked(t);
  const hello = await writeHello(t, NAME, NAME);
  const open = await Promise.all(
    [Buffer.alloc(0), hello.subarray(0, 30), hello].map(async (bytes) => {
      const socket = await openPlainly(t, port);
      socket.write(bytes);
      return { all: readToEnd(socket) };
    }),
  );
  t.equal((await send(t, { port, path: '/public' })).status, 200);
  await gateway.stop();
  await Promise.all(open.map(({ all }) => all));
  const late = connect({ port, host: '127.0.0.1' });
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  t.equal(error.code, 'ECONNREFUSED');
});
