// An answer in very small chunks for a client that does not read: each chunk that was there already left a listener
// behind, thousands for one piece from the service, and a warning of Node's on standard error for each answer.

import t from 'tap';
import { answerRaw, connectRaw, startFront, until } from '../unit/proxy/rig.ts';

const CHUNKS = 400_000;

t.test('one listener waits until the client reads on', async (t) => {
  const warnings: string[] = [];
  const note = ({ message }: Error) => warnings.push(message);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  const body = `${'1\r\nx\r\n'.repeat(CHUNKS)}0\r\n\r\n`;
  const { url, connections } = await answerRaw(t, () => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port);
  client.socket.pause();
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => (connections[0]?.bytesWritten ?? 0) > 0);
  client.socket.resume();
  const text = await client.heard(/\r\n0\r\n\r\n$/);
  t.equal(text.slice(text.indexOf('\r\n\r\n')).replace(/[^x]/g, '').length, CHUNKS);
  t.strictSame(warnings, []);
});
