// Workers whose place others had taken finished what they had under the rules they left with, whatever was reloaded since.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { WebSocket } from 'ws';
import { makePki } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';
import { type CrewProcess, startCrewProcess } from '../kit/workers.ts';

const pki = makePki();
const yaml = `timeouts: { drain: 5m }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]
`;

async function reloadWith(gateway: CrewProcess, from: string, to: string) {
  const text = readFileSync(gateway.file, 'utf8');
  const begin = gateway.lines().length;
  writeFileSync(`${gateway.file}.new`, text.replace(from, to));
  renameSync(`${gateway.file}.new`, gateway.file);
  gateway.signal('SIGHUP');
  return gateway.lineWhere(({ msg }) => /was reloaded|old one stays/.test(msg), begin);
}

t.test('a reload closes the streams that it no longer allows, also of workers that are about to end', async (t) => {
  const upstream = await startEchoUpstream(t);
  const gateway = await startCrewProcess(t, { pki, upstreamPort: upstream.port, yaml });
  const connect = async (certificate?: ReturnType<typeof pki.issuing.client>) => {
    const socket = await openWebSocket(t, { port: gateway.port, ...(certificate && { certificate }) });
    if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket.text}`);
    return socket;
  };
  const alice = pki.issuing.client({ cn: 'alice' });
  const allowed = await connect(alice);
  const stranger = await connect();
  const before = gateway.pids();
  t.match(await reloadWith(gateway, 'workers: 2', 'workers: 3'), { level: 'info' });
  t.equal(gateway.pids().filter((pid) => !before.includes(pid)).length, 3, 'others have taken their place');
  t.equal(stranger.readyState, WebSocket.OPEN, 'and they finish what they have');

  t.match(await reloadWith(gateway, 'clientCertificate: accept', 'clientCertificate: require'), { level: 'info' });
  await until(() => stranger.readyState === WebSocket.CLOSED);
  t.equal(allowed.readyState, WebSocket.OPEN, 'nobody else is cut off');
});
