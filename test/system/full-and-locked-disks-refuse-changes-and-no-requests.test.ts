// The disk below the database or the log is full, or somebody else holds the database: changes fail as a whole and say so,
// requests go on; when there is room again, everything does.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { send, statusOf } from '../kit/client.ts';
import { type Commands, commandsOn } from '../kit/commands.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import type { TestCertificate } from '../kit/pki.ts';
import { startProcess } from '../kit/process.ts';
import { mountSmallDisk, noSmallDisk } from '../kit/small-disk.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

interface Started {
  readonly port: number;
  readonly alice: TestCertificate;
  readonly commands: Commands;
}

const SITES = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]';

/** A gateway whose directory is there, with alice in it. */
async function start(t: Test, folder: string, database: string): Promise<Started> {
  const [pki, { port: upstreamPort }] = [makePki(), await startUpstream(t)];
  const alice = pki.issuing.client({ cn: 'alice' });
  const file = writeConfiguration(folder, pki, {
    upstreamPort,
    // A process that was held up must not be what the test is about.
    yaml: `directory: { url: "sqlite:${database}", staleness: 20s }\n${SITES}\n`,
    files: { 'alice.pem': alice.chainPem },
  });
  const commands = commandsOn(t, file, folder);
  await commands.done('clients', 'add', 'alice', '--cert', 'alice.pem');
  const gateway = startProcess(t, ['run', '-c', file]);
  const { port } = await gateway.lineWhere(({ msg }) => msg === 'listening');
  t.equal((await send(t, { port: Number(port), certificate: alice })).status, 200);
  return { port: Number(port), alice, commands };
}

/** The change fails, and nobody notices; when the cause is gone it is done. */
async function checkFailure(t: Test, { port, alice, commands }: Started, why: RegExp, undo: () => void): Promise<void> {
  const failed = await commands.run('clients', 'disable', 'alice');
  t.equal(failed.code, 1);
  t.match(failed.stderr, why);
  t.match(failed.stderr, /^portcullis: [^\n]*\n$/, 'one line, no stack');
  t.equal((await send(t, { port, certificate: alice })).status, 200, 'as before');
  undo();
  t.match(await commands.done('clients', 'list'), 'alice', 'it can be read');
  t.notMatch(await commands.done('clients', 'list'), 'disabled', 'and nothing of the change is in it');
  await commands.done('clients', 'disable', 'alice');
  await until(async () => (await statusOf(t, { port, certificate: alice })) === 403);
}

t.test('somebody else holds the SQLite file', async (t) => {
  const folder = makeFolder(t);
  const started = await start(t, folder, 'clients.db');
  const other = new DatabaseSync(join(folder, 'clients.db'));
  t.teardown(() => other.close());
  other.exec('begin immediate');
  await checkFailure(t, started, /locked/, () => other.exec('rollback'));
});

t.test('no room for the SQLite file', { skip: noSmallDisk }, async (t) => {
  const folder = makeFolder(t);
  const disk = mountSmallDisk(t, join(folder, 'disk'));
  const started = await start(t, folder, 'disk/clients.db');
  disk.fill();
  for (let n = 0; n < 20; n++) {
    t.equal((await send(t, { port: started.port, certificate: started.alice, path: `/${n}` })).status, 200);
  }
  await checkFailure(t, started, /full|space|disk/, disk.empty);
});

t.test('no room for the log, and then room again', { skip: noSmallDisk }, async (t) => {
  const [folder, pki, upstream] = [makeFolder(t), makePki(), await startUpstream(t)];
  const disk = mountSmallDisk(t, join(folder, 'disk'));
  const log = join(disk.path, 'gateway.log');
  const yaml = `log: { file: disk/gateway.log }\n${SITES}\n`;
  const gateway = startProcess(t, [
    'run',
    '-c',
    writeConfiguration(folder, pki, { upstreamPort: upstream.port, yaml }),
  ]);
  const read = () => {
    try {
      return readFileSync(log, 'utf8');
    } catch {
      return '';
    }
  };
  await until(() => /"port":\d+,.*"msg":"listening"/.test(read()));
  const port = Number(/"port":(\d+)[^\n]*"msg":"listening"\}/.exec(read())?.[1]);
  const ask = async (path: string) => {
    const certificate = pki.issuing.client({ cn: 'alice' });
    t.equal((await send(t, { port, certificate, path })).text, `answered ${path}`);
  };
  await ask('/before');
  await until(() => read().includes('"path":"/before"'));
  disk.fill();
  for (let n = 0; n < 50; n++) await ask(`/full/${n}`);
  disk.empty();
  let turn = 0;
  await until(async () => {
    await ask(`/after/${turn++}`);
    return read().includes('"path":"/after/');
  });
  gateway.signal('SIGTERM');
  const { code, stderr } = await gateway.ended;
  t.equal(code, 0);
  t.match(stderr, /^portcullis: the log cannot be written: [^\n]*ENOSPC[^\n]*\n$/, 'it was said once');
});
