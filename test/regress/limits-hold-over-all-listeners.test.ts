// Each listener counted for itself: a client had as many times its places as there were listeners.

import t from 'tap';
import { open, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

for (const limit of ['connections: 2', 'perAddress: { connections: 2 }']) {
  t.test(limit, async (t) => {
    const upstream = await startUpstream(t);
    const { ports } = await startTestGateway(t, {
      upstreamPort: upstream.port,
      listeners: 2,
      yaml: `
sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]
limits: { ${limit} }
`,
    });
    const [first = 0, second = 0] = ports;
    t.not(first, second);
    const taken = [await open(t, { port: first }), await open(t, { port: second })];
    for (const port of ports) await t.rejects(open(t, { port }), 'no place is left on either');
    for (const socket of taken) socket.destroy();
    for (const port of ports) {
      let status: number | undefined;
      while (status === undefined) status = (await send(t, { port }).catch(() => undefined))?.status;
      t.equal(status, 200, 'each serves again');
    }
  });
}
