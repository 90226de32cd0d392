// A worker that did nothing any more kept its place, and a gateway that was told to end waited for it without end.

import t from 'tap';
import { statusOf } from '../kit/client.ts';
import { makePki } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';
import { startCrewProcess } from '../kit/workers.ts';

// Each waits until such a worker is given up.
t.jobs = 2;

const yaml = `timeouts: { drain: 1s }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]
`;

async function startWithHanging(t: Parameters<typeof startCrewProcess>[0]) {
  const upstream = await startUpstream(t);
  const gateway = await startCrewProcess(t, { pki: makePki(), upstreamPort: upstream.port, yaml });
  t.equal(await statusOf(t, { port: gateway.port }), 200);
  const [hanging = 0] = gateway.pids();
  process.kill(hanging, 'SIGSTOP');
  t.teardown(() => end(hanging));
  return { gateway, hanging };
}

t.test('another one takes its place', async (t) => {
  const { gateway, hanging } = await startWithHanging(t);
  t.match(await gateway.lineWhere(({ msg }) => /^a worker was lost/.test(msg)), { pid: hanging });
  const from = gateway.lines().findIndex(({ msg }) => /^a worker was lost/.test(msg));
  t.not((await gateway.lineWhere(({ msg }) => msg === 'a worker serves', from)).pid, hanging);
  t.equal(await statusOf(t, { port: gateway.port }), 200);
});

t.test('the gateway ends when it is told to', async (t) => {
  const { gateway } = await startWithHanging(t);
  gateway.signal('SIGTERM');
  t.match(await gateway.ended, { code: 0 });
});

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // As it should be: it is gone.
  }
}
