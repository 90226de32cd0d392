// A process that may open no more files refuses nobody for good: when connections are closed, others find a place.

import { connect, type Socket } from 'node:net';
import t from 'tap';
import { send, statusOf } from '../kit/client.ts';
import { startGatewayProcess } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const MOST_FILES = 100;

t.test('silent connections take all of them', { skip: process.platform === 'win32' && 'no ulimit' }, async (t) => {
  const upstream = await startUpstream(t);
  const yaml = `
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]
timeouts: { handshake: 3s }
`;
  const limited = {
    node: '/bin/sh',
    nodeFlags: ['-c', `ulimit -n ${MOST_FILES}; exec "${process.execPath}" "$0" "$@"`],
  };
  const gateway = await startGatewayProcess(t, { upstreamPort: upstream.port, yaml }, limited);
  const { port, pki } = gateway;
  const certificate = pki.issuing.client({ cn: 'alice' });
  t.equal((await send(t, { port, certificate })).status, 200);

  t.equal(await gateway.metric('portcullis_process_max_fds'), MOST_FILES);

  const silent: Socket[] = [];
  t.teardown(() => silent.forEach((socket) => void socket.destroy()));
  let ended = 0;
  for (let n = 0; n < 2 * MOST_FILES; n++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.once('close', () => ended++);
    silent.push(socket);
  }
  await until(() => ended > 0);
  await until(() => ended === silent.length);
  await until(async () => (await statusOf(t, { port, certificate })) === 200);
  for (let n = 0; n < 10; n++) t.equal((await send(t, { port, certificate })).status, 200, 'and all goes on');
  gateway.signal('SIGTERM');
  t.match(await gateway.ended, { code: 0 });
});
