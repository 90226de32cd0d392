// More connections than the limits allow are closed at once; those that are open go on, and a place that becomes free is
// given again.

import { once } from 'node:events';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, send } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const GET = 'GET /public HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** Tries until a connection is taken: how soon a place becomes free is not said. */
async function openAtLast(t: Test, port: number): Promise<void> {
  for (;;) {
    const taken = await open(t, { port }).catch(() => undefined);
    if (taken !== undefined) return;
  }
}

for (const [limit, reason] of [
  ['connections: 3', 'limit'],
  ['perAddress: { connections: 3 }', 'address-limit'],
] as const) {
  t.test(limit, async (t) => {
    const { port, gateway } = await startAttacked(t, { yaml: `limits: { ${limit} }\n` });
    const sockets = [await open(t, { port }), await open(t, { port }), await open(t, { port })] as const;
    await t.rejects(open(t, { port }), 'the fourth is closed');
    await t.rejects(open(t, { port }), 'and the fifth');
    for (const socket of sockets) {
      const answers = readAnswers(t, socket);
      socket.write(GET);
      t.equal((await answers.next()).status, 200, 'those before it are served');
    }
    sockets[0].destroy();
    await openAtLast(t, port);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
    t.match(metrics, new RegExp(`^portcullis_\\w+\\{.*"${reason}".*\\} [2-9]`, 'm'), 'it is counted');
  });
}

t.test(
  'another address has places of its own',
  { skip: process.platform !== 'linux' && 'one loopback address' },
  async (t) => {
    const { port } = await startAttacked(t, { yaml: 'limits: { perAddress: { connections: 1 } }\n' });
    await open(t, { port });
    await t.rejects(send(t, { port }));
    const options = { port, host: '127.0.0.1', localAddress: '127.0.0.2', servername: 'localhost' };
    const other = connect({ ...options, rejectUnauthorized: false });
    t.teardown(() => other.destroy());
    await once(other, 'secureConnect');
    t.pass('it is taken');
  },
);
