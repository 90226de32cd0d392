// Of all that lets a WebSocket in, only the rule was judged again behind a reload: a withdrawn origin, a site that became
// two and a rule without an upstream left open ones as they were.

import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { echo, openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';

const pki = makePki();
const KEYS = 'trust: corporate, clientCertificate: accept';
const APP = 'upstream: app';

/** A site with these keys. */
const write = (hosts: string, keys: string) => `\n  - { hosts: [${hosts}], ${KEYS}, ${keys} }`;

async function start(t: Test, sites: string): Promise<TestGateway> {
  const upstream = await startEchoUpstream(t);
  const serverNames = ['localhost', 'other.test'];
  return startTestGateway(t, { pki, upstreamPort: upstream.port, serverNames, yaml: `sites:${sites}` });
}

async function openOne(t: Test, { port }: TestGateway, headers: Readonly<Record<string, string>>): Promise<WebSocket> {
  const socket = await openWebSocket(t, { port, headers });
  if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket.text}`);
  t.equal(await echo(socket, 'hello'), 'hello');
  return socket;
}

const CASES = [
  {
    name: 'its origin is withdrawn',
    before: write('localhost', `${APP}, origins: ["https://app.test", "https://kept.test"]`),
    after: write('localhost', `${APP}, origins: ["https://kept.test"]`),
    hit: { origin: 'https://app.test' },
    spared: { origin: 'https://kept.test' },
    code: 'origin-refused',
  },
  {
    name: 'the names of SNI and Host come to be two sites',
    before: write('localhost, other.test', APP),
    after: write('localhost', APP) + write('other.test', APP),
    hit: { host: 'other.test' },
    spared: { host: 'localhost' },
    code: 'host-mismatch',
  },
  {
    name: 'the rule has no upstream any more',
    before: write('localhost, other.test', APP),
    after: write('localhost, other.test', ''),
    hit: {},
    spared: undefined,
    code: 'not-found',
  },
] as const;

for (const { name, before, after, hit, spared, code } of CASES) {
  t.test(name, async (t) => {
    const gateway = await start(t, before);
    const socket = await openOne(t, gateway, hit);
    const other = spared && (await openOne(t, gateway, spared));
    await gateway.reload();
    t.equal(await echo(socket, 'again'), 'again', 'a reload without a change changes nothing');
    await gateway.reload({ yaml: `sites:${after}` });
    await until(() => socket.readyState === WebSocket.CLOSED);
    if (other) t.equal(await echo(other, 'still'), 'still', 'one that may stay goes on');
    const closings = gateway.lines.filter(({ message }) => message.startsWith('an open stream was closed'));
    t.strictSame(
      closings.map((line) => line.code),
      [code],
    );
  });
}
