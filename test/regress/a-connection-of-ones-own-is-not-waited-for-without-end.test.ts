// Requests whose client has an upstream connection of its own (NTLM) stand in line for it, and nothing bounded that wait:
// behind an event stream they held places of the upstream for good, and a client with one connection could have them all.

import t from 'tap';
import { ask, connectRaw, startFront, startRawUpstream, until } from '../unit/proxy/rig.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nAuthorization: NTLM x\r\n\r\n';

t.test('who waits too long for it is refused, and gives his place back', async (t) => {
  const { url } = await startRawUpstream(t, (socket, index) => {
    const type = index === 0 ? 'Content-Type: text/event-stream' : 'Content-Length: 0';
    socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${type}\r\n\r\n`));
  });
  const { port, exchanges, outcomes } = await startFront(t, { url, answerTimeoutMs: 100, maxConnections: 3 });
  const client = await connectRaw(t, port, GET);
  await client.heard(/200 OK/);
  client.socket.write(GET + GET);
  await until(() => exchanges.length === 3);
  await until(() => outcomes.length === 2);
  for (const outcome of outcomes) t.match(outcome, { code: 'overloaded', check: 'connections' });
  t.equal((await ask(port, '/')).status, 200);
});
