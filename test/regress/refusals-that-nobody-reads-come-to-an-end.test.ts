// A client that stopped reading before a refusal was out kept its connection for as long as it liked: Node limits how long
// a request may take, and no answer.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, send } from '../kit/client.ts';
import { until } from '../kit/until.ts';

/** Far more than the system holds for a connection. */
const PAGE = `<p>{code}</p>${' '.repeat(24 * 1024 * 1024)}`;

t.test('the connection is cut off', async (t) => {
  const { port, gateway } = await startAttacked(t, {
    yaml: 'refusal: { page: refused.html }\n',
    files: { 'refused.html': PAGE },
  });
  const connections = async () => {
    const text = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
    return Number(/^portcullis_connections (\d+)$/m.exec(text)?.[1]);
  };
  const read = await send(t, { port, path: '/admin', headers: { accept: 'text/html' } });
  t.equal(read.status, 403, 'whoever reads it gets all of it');
  t.equal(read.body.length, Buffer.byteLength(PAGE.replace('{code}', 'certificate-required')));
  await until(async () => (await connections()) === 0);

  const socket = await open(t, { port });
  socket.pause();
  socket.write('GET /admin HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n');
  await until(() => gateway.requests().length === 2);
  t.equal(await connections(), 1);
  await until(async () => (await connections()) === 0);
  t.equal(socket.destroyed, false, 'it was not the client that closed it');
});
