// A body that breaks when its head has been passed on ends the connection: the upstream never gets a whole request of it,
// and what follows is no request (RFC 9112 7.1). In one piece with their heads: test/attacks.

import { once } from 'node:events';
import t from 'tap';
import { readTable, writeRow } from '../kit/attack-rows.ts';
import { type Attacked, startAttacked } from '../kit/attacked.ts';
import { open, readAll, send } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

/** Heads and bodies of all rows of the tables that break. */
const BROKEN = [...readTable('bodies'), ...readTable('trailers')].flatMap((row) => {
  if (row.breaks === undefined) return [];
  const bytes = writeRow(row, 'request');
  const end = bytes.indexOf('\r\n\r\n') + 4;
  return [{ name: row.name, head: bytes.slice(0, end), body: bytes.slice(end) }];
});

async function checkServed(attacked: Attacked, t: Parameters<typeof send>[0], name: string): Promise<void> {
  const { port, upstream } = attacked;
  const known = upstream.received.length;
  t.equal((await send(t, { port, path: '/public/next' })).text, 'answered /public/next', `the next one, ${name}`);
  t.strictSame(
    upstream.received.slice(known).map(({ url }) => url),
    ['/public/next'],
  );
}

t.test('a whole one passes', async (t) => {
  const { port, upstream } = await startAttacked(t);
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  const passed = once(upstream.server, 'request');
  socket.write('POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
  await passed;
  socket.write('5\r\nhello\r\n0\r\n\r\n');
  t.equal((await answers.next()).status, 200);
  t.equal(upstream.last().body.toString(), 'firsthello');
});

t.test('broken ones, behind a head that was passed on', async (t) => {
  const attacked = await startAttacked(t);
  for (const { name, head, body } of BROKEN) {
    const known = attacked.upstream.received.length;
    const socket = await open(t, { port: attacked.port });
    const all = readAll(socket);
    const passed = once(attacked.upstream.server, 'request');
    socket.write(`${head}5\r\nfirst\r\n`);
    await passed;
    socket.write(body, 'latin1');
    t.notMatch(await all, 'answered', name);
    t.equal(attacked.upstream.received.length, known);
    await checkServed(attacked, t, name);
  }
});

t.test('a body that is shorter than its length', async (t) => {
  const attacked = await startAttacked(t);
  for (const body of ['Content-Length: 10\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\na\r\nhello']) {
    const known = attacked.upstream.received.length;
    const socket = await open(t, { port: attacked.port });
    const [request] = await Promise.all([
      once(attacked.upstream.server, 'request').then(([incoming]) => incoming),
      new Promise((resolve) => socket.write(`POST /x HTTP/1.1\r\nHost: localhost\r\n${body}`, resolve)),
    ]);
    socket.end();
    await new Promise((resolve) => request.once('close', resolve));
    t.equal(request.complete, false, 'the upstream learns that it is not whole');
    t.equal(attacked.upstream.received.length, known);
    await checkServed(attacked, t, body);
  }
});
