// After a reload whose listeners could not be had, the workers went on as before; but one that was lost then was never
// replaced, for the next one began with the listeners that could not be had.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import t from 'tap';
import { statusOf } from '../kit/client.ts';
import { makePki } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';
import { startCrewProcess } from '../kit/workers.ts';

const yaml = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]\n';

t.test('who takes the place of a lost worker begins as that one did', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startCrewProcess(t, { pki: makePki(), upstreamPort: upstream.port, yaml });
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const taken = other.address();
  if (taken === null || typeof taken === 'string') throw new Error('no port');

  const begin = gateway.lines().length;
  const text = readFileSync(gateway.file, 'utf8').replace('127.0.0.1:0', `127.0.0.1:${taken.port}`);
  writeFileSync(`${gateway.file}.new`, text.replace('clientCertificate: accept', 'clientCertificate: require'));
  renameSync(`${gateway.file}.new`, gateway.file);
  gateway.signal('SIGHUP');
  t.match(await gateway.lineWhere(({ msg }) => /was reloaded|old one stays/.test(msg), begin), {
    needsRestart: ['listeners'],
  });
  t.equal(await statusOf(t, { port: gateway.port }), 403, 'the rest of it is in force');

  const from = gateway.lines().length;
  process.kill(gateway.pids()[0] ?? 0, 'SIGKILL');
  const line = await gateway.lineWhere(({ msg }) => /^a worker serves$|could not be replaced/.test(msg), from);
  t.equal(line.msg, 'a worker serves');
  for (let count = 0; count < 4; count++) t.equal(await statusOf(t, { port: gateway.port }), 403);
});
