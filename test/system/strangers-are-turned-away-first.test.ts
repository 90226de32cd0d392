// When the event loop comes too late, new connections and requests of strangers are turned away, idle connections are
// closed, and whoever was let in before goes on; probes and the admin address answer throughout.

import t, { type Test } from 'tap';
import { ADMIN_YAML, callAdmin } from '../kit/admin.ts';
import { startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { until } from '../kit/until.ts';
import { readAnswers } from '../kit/wire.ts';

/** Keeps the event loop busy, in turns that are far longer than the limit. */
function burn(t: Test): { stop(): void } {
  const turn = () => {
    const end = performance.now() + 400;
    while (performance.now() < end);
  };
  const timer = setInterval(turn, 1);
  const stop = () => clearInterval(timer);
  t.teardown(stop);
  return { stop };
}

async function connectAsNobody(t: Test, port: number) {
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  const ask = async () => {
    socket.write('GET /public HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return answers.next();
  };
  return { socket, ask };
}

t.test('overload', async (t) => {
  const { port, gateway, alice, upstream } = await startAttacked(t, {
    yaml: `limits: { eventLoopDelay: 100ms }\n${ADMIN_YAML}`,
  });
  const metrics = async () => (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
  const isOver = async () => /^portcullis_overloaded 1$/m.test(await metrics());

  let begun = false;
  upstream.server.once('request', () => {
    begun = true;
  });
  const known = await openHttp2(t, { port, certificate: alice });
  // What is under way makes a connection a busy one.
  const underWay = known.request({ ':method': 'POST', ':path': '/admin/upload' });
  underWay.on('error', () => {}).write('begun');
  await until(() => begun);
  // It has not asked for anything yet, so it is none of the idle ones.
  const stranger = await connectAsNobody(t, port);
  const idle = await connectAsNobody(t, port);
  t.equal((await idle.ask()).status, 200);
  const idleClosed = new Promise((resolve) => idle.socket.once('close', resolve));

  const load = burn(t);
  await until(isOver);
  const refused = await stranger.ask();
  t.match(refused, { status: 503, body: /"code":"overloaded"/ });
  t.strictSame(refused.headers.get('retry-after'), ['5']);
  await t.rejects(open(t, { port }), 'a new connection is turned away');
  t.equal((await askStream(t, known, { path: '/admin' })).status, 200, 'whoever was let in is served');
  await idleClosed;
  t.equal((await fetch(`http://127.0.0.1:${gateway.probesPort}/readyz`)).status, 200);
  t.equal((await callAdmin(gateway.adminPort, '/api/v1/status')).status, 200);
  t.match(await metrics(), /^portcullis_idle_connections_closed_total [1-9]/m);
  t.match(
    gateway.requests().find(({ code }) => code === 'overloaded'),
    { status: 503, check: 'load' },
  );

  load.stop();
  await until(async () => !(await isOver()));
  const late = await connectAsNobody(t, port);
  t.equal((await late.ask()).status, 200, 'and everybody is, when it is over');
});

t.test('where no place is left, an idle connection makes room', async (t) => {
  const { port } = await startAttacked(t, { yaml: 'limits: { connections: 2 }\n' });
  for (let place = 0; place < 2; place++) {
    t.equal((await (await connectAsNobody(t, port)).ask()).status, 200);
  }
  await until(() =>
    open(t, { port }).then(
      () => true,
      () => false,
    ),
  );
  t.pass('a newcomer finds a place');
});
