// A worker that takes the place of another was given what was known when it was started, and nothing of what the others
// learned until it served: neither an intermediate that a session rests on, nor another key of tickets.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { makePki } from '../kit/gateway.ts';
import { visit } from '../kit/session-client.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';
import { startCrewProcess } from '../kit/workers.ts';

const yaml = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]\n';

t.test('an intermediate that was learned while it started is there when it serves', async (t) => {
  const pki = makePki();
  const version = 'TLSv1.3';
  const upstream = await startUpstream(t);
  const files = { 'ca.pem': pki.root.pem };
  const gateway = await startCrewProcess(t, { pki, upstreamPort: upstream.port, yaml, files });
  const { port } = gateway;
  const [lost = 0] = gateway.pids();
  const primary = parentOf(lost);
  const known = childrenOf(primary);
  process.kill(lost, 'SIGKILL');
  let begun = 0;
  await until(() => {
    begun = childrenOf(primary).find((pid) => !known.includes(pid)) ?? 0;
    return begun !== 0;
  });
  process.kill(begun, 'SIGSTOP');
  t.teardown(() => process.kill(begun, 'SIGKILL'));
  t.notOk(gateway.pids().includes(begun), 'it does not serve yet');

  const { session } = await visit(t, { port, version, certificate: pki.issuing.client({ cn: 'alice' }) });
  // The other one's answer comes behind what it has told.
  await gateway.metric('portcullis_workers');
  process.kill(begun, 'SIGCONT');
  await gateway.lineWhere(({ msg, pid }) => msg === 'a worker serves' && Number(pid) === begun);
  for (let count = 0; count < 4; count++) {
    t.match(await visit(t, { port, version, session }), { resumed: true, status: 200 });
  }
});

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}
