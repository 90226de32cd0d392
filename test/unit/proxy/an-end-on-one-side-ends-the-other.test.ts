// What happens to the other side when client, upstream or gateway break off?

import t from 'tap';
import { answerRaw, ask, connectRaw, startFront, startRawUpstream, until } from './rig.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

t.test('a client that leaves before the answer ends the request, and its place is free', async (t) => {
  let silent = true;
  const { url, connections } = await startRawUpstream(t, (socket) => {
    socket.on('data', () => {
      if (!silent) socket.write(GOOD);
    });
  });
  const { port, outcomes } = await startFront(t, { url, maxConnections: 1 });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => (connections[0]?.bytesRead ?? 0) > 0);
  const ended = new Promise((resolve) => connections[0]?.once('end', resolve).once('close', resolve));
  client.socket.destroy();
  await ended;
  await until(() => outcomes.length === 1);
  t.equal(outcomes[0], undefined);
  silent = false;
  t.equal((await ask(port, '/')).status, 200);
});

t.test('an upload that is broken off never looks complete', async (t) => {
  for (const framing of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
    let heard = '';
    const { url, connections } = await startRawUpstream(t, (socket) => {
      socket.on('data', (bytes) => {
        heard += bytes.toString('latin1');
      });
    });
    const { port, outcomes } = await startFront(t, { url });
    const client = await connectRaw(t, port, `POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
    client.socket.write(framing.startsWith('T') ? '4\r\nhalf\r\n' : 'half');
    await until(() => heard.includes('half'));
    const ended = new Promise((resolve) => connections[0]?.once('end', resolve).once('close', resolve));
    client.socket.destroy();
    await ended;
    t.notMatch(heard, /0\r\n\r\n$/, framing);
    await until(() => outcomes.length === 1);
    t.equal(outcomes[0], undefined);
  }
});

t.test('a client that leaves during the answer ends the upstream', async (t) => {
  const { url, connections } = await answerRaw(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
  const { port, outcomes } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.heard(/half/);
  const ended = new Promise((resolve) => connections[0]?.once('end', resolve).once('close', resolve));
  client.socket.destroy();
  await ended;
  await until(() => outcomes.length === 1);
  t.equal(outcomes[0], undefined);
});

t.test('a client that waits for a place and leaves, leaves the line', async (t) => {
  const heard: string[] = [];
  const { url, connections } = await answerRaw(t, (head) => {
    heard.push(head.split(' ')[1] ?? '');
    return heard.length === 1 ? undefined : GOOD;
  });
  const { port, exchanges, outcomes } = await startFront(t, { url, maxConnections: 1 });
  await connectRaw(t, port, 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => heard.length === 1);
  const second = await connectRaw(t, port, 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => exchanges.length === 2);
  const third = ask(port, '/third');
  await until(() => exchanges.length === 3);
  second.socket.destroy();
  await until(() => outcomes.length === 1);
  connections[0]?.write(GOOD);
  t.equal((await third).status, 200);
  t.same(heard, ['/first', '/third']);
});

t.test('abort ends both sides at once, before and during an answer', async (t) => {
  for (const answer of [undefined, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf']) {
    const { url, connections } = await answerRaw(t, () => answer);
    const { port, exchanges, outcomes } = await startFront(t, { url });
    const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    if (answer === undefined) await until(() => (connections[0]?.bytesRead ?? 0) > 0);
    else await client.heard(/half/);
    const ended = new Promise((resolve) => connections[0]?.once('end', resolve).once('close', resolve));
    exchanges[0]?.abort?.();
    exchanges[0]?.abort?.();
    await ended;
    await until(() => client.closed() && outcomes.length === 1);
    t.equal(outcomes[0], undefined);
  }
});

t.test('abort after the end harms nobody', async (t) => {
  const { url } = await answerRaw(t, () => GOOD);
  const { port, exchanges, outcomes } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.heard(/ok$/);
  await until(() => outcomes.length === 1);
  exchanges[0]?.abort?.();
  client.socket.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.heard(/200 OK.*200 OK.*ok$/s);
  t.equal(client.closed(), false);
});

t.test('an answer before the end of the upload reaches the client, and the upload goes on', async (t) => {
  let heard = '';
  const { url } = await startRawUpstream(t, (socket) => {
    socket.once('data', () => socket.write(GOOD));
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      if (heard.includes('GET ') && heard.endsWith('\r\n\r\n')) socket.write(GOOD);
    });
  });
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf');
  await client.heard(/200 OK.*ok$/s);
  client.socket.write('rest');
  await until(() => heard.endsWith('halfrest'));
  client.socket.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.heard(/200 OK.*200 OK.*ok$/s);
  t.equal(client.closed(), false);
});

t.test(
  'an upstream that answers early and hangs up: the answer is there, the rest of the upload is let go',
  async (t) => {
    const { url } = await startRawUpstream(t, (socket) => {
      socket.once('data', () => {
        socket.end('HTTP/1.1 413 Too much\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno');
      });
    });
    const { port } = await startFront(t, { url });
    const size = 8 * 1024 * 1024;
    const client = await connectRaw(t, port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\nhalf`);
    await client.heard(/413 Too much.*no$/s);
    client.socket.write(Buffer.alloc(size - 4));
    client.socket.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.heard(/413 Too much.*413 Too much/s);
    t.equal(client.closed(), false);
  },
);

t.test('a client that leaves after an early answer ends the upload', async (t) => {
  const { url, connections } = await startRawUpstream(t, (socket) => {
    socket.once('data', () => socket.write(GOOD));
  });
  const { port, outcomes } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf');
  await client.heard(/ok$/);
  t.equal(outcomes.length, 0, 'while the upload goes on, the exchange does');
  const ended = new Promise((resolve) => connections[0]?.once('end', resolve).once('close', resolve));
  connections[0]?.resume();
  client.socket.destroy();
  await ended;
  await until(() => outcomes.length === 1);
  t.pass('the upstream saw the end');
});

t.test('a refusal during an upload leaves the client to the caller', async (t) => {
  const { url } = await startRawUpstream(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const { port } = await startFront(t, { url });
  const body = Buffer.alloc(4 * 1024 * 1024);
  const refused = await ask(port, '/', { method: 'POST', body });
  t.equal(refused.refusal, 'upstream-failed');
});

t.test('after close nothing is forwarded, and unused connections are gone', async (t) => {
  const { url, connections } = await answerRaw(t, () => GOOD);
  const { port, proxy } = await startFront(t, { url });
  t.equal((await ask(port, '/')).status, 200);
  await proxy.close();
  await until(() => connections[0]?.readableEnded === true || connections[0]?.destroyed === true);
  t.equal((await ask(port, '/')).refusal, 'overloaded');
  t.equal(connections.length, 1);
});
