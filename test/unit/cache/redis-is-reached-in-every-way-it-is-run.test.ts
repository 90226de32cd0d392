import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeValidVerdict } from '../../contract/verdict-store.ts';
import { makeFolder } from '../../kit/gateway.ts';
import { makeRoot } from '../../kit/pki.ts';
import { findFreePort, startRedis } from '../../kit/redis.ts';
import { until } from '../../kit/until.ts';
import { joinReplica, type Replica } from './shared.ts';

const alice = makeValidVerdict('alice', Date.now() + 120_000);

/** One replica finds what the other has computed, and hears what it announces. */
async function checkShared(t: Test, [first, second]: readonly [Replica, Replica]): Promise<void> {
  await first.cache.lookUp('alice', () => alice);
  await until(async () => {
    second.clear();
    return (await second.cache.lookUp('alice', () => alice)).from === 'redis';
  });
  const moves = second.changes.length;
  await first.shared.announce();
  await until(() => second.changes.length > moves);
  t.equal(second.cache.lookUp('alice', () => alice) instanceof Promise, true, 'memory was forgotten');
}

t.test('TLS: the server is verified by the authorities given, and by its name', async (t) => {
  const folder = makeFolder(t);
  const root = makeRoot();
  const server = root.server({ san: [{ kind: 'dns', value: 'redis.example' }] });
  writeFileSync(join(folder, 'redis.pem'), server.chainPem);
  writeFileSync(join(folder, 'redis.key'), server.keyPem, { mode: 0o600 });
  writeFileSync(join(folder, 'ca.pem'), root.pem);
  const port = await findFreePort();
  const files = ['--tls-cert-file', join(folder, 'redis.pem'), '--tls-key-file', join(folder, 'redis.key')];
  await startRedis(t, {
    args: [
      '--tls-port',
      String(port),
      ...files,
      '--tls-ca-cert-file',
      join(folder, 'ca.pem'),
      '--tls-auth-clients',
      'no',
    ],
  });
  const over = (serverName: string | undefined, ca: string) =>
    joinReplica(t, {
      redis: { url: `rediss://127.0.0.1:${port}`, tls: { ca: 'given', ...(serverName && { serverName }) } },
      ca: [ca],
    });
  await checkShared(t, [await over('redis.example', root.pem), await over('redis.example', root.pem)]);

  const wrong: readonly (readonly [string, Promise<Replica>, RegExp])[] = [
    ['another authority', over('redis.example', makeRoot().pem), /self.signed|unable to|verify/],
    ['another name', over('other.example', root.pem), /does not match/],
    ['the address instead of a name', over(undefined, root.pem), /does not match/],
  ];
  for (const [name, joining, reason] of wrong) {
    const replica = await joining;
    t.match(replica.lines, [{ message: /^Redis cannot be used/, reason }], name);
    t.equal((await replica.cache.lookUp('alice', () => alice)).from, 'computed', name);
  }
});

t.test('Cluster', async (t) => {
  const { admin, port } = await startRedis(t, {
    args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'],
  });
  await admin.cluster('ADDSLOTSRANGE', 0, 16_383);
  await until(async () => (await admin.cluster('INFO')).includes('cluster_state:ok'));
  const joinCluster = () => joinReplica(t, { redis: { cluster: [`127.0.0.1:${port}`] } });
  await checkShared(t, [await joinCluster(), await joinCluster()]);
});

t.test('Sentinel, and the master that it names after another', async (t) => {
  // A copy begins five seconds after it is asked for otherwise.
  const old = await startRedis(t, { args: ['--repl-diskless-sync-delay', '0'] });
  const next = await startRedis(t);
  const config = join(makeFolder(t), 'sentinel.conf');
  writeFileSync(config, `sentinel monitor main 127.0.0.1 ${old.port} 1\n`);
  const sentinel = await startRedis(t, { config });
  const joinBySentinel = () => joinReplica(t, { redis: { sentinels: [`127.0.0.1:${sentinel.port}`], name: 'main' } });
  const [first, second] = [await joinBySentinel(), await joinBySentinel()];
  await checkShared(t, [first, second]);

  // A failover by hand, as Sentinel takes its time for one: the old master only finds out that it is a replica now.
  await next.admin.replicaof('127.0.0.1', old.port);
  await until(async () => (await next.admin.info('replication')).includes('master_link_status:up'));
  await next.admin.replicaof('NO', 'ONE');
  await sentinel.admin.call('SENTINEL', 'REMOVE', 'main');
  await sentinel.admin.call('SENTINEL', 'MONITOR', 'main', '127.0.0.1', String(next.port), '1');
  await old.admin.replicaof('127.0.0.1', next.port);

  const count = async () => Number(await next.admin.get('{portcullis}:generation'));
  const before = await count();
  const moves = second.changes.length;
  await first.shared.announce();
  await until(async () => (await count()) > before);
  await until(() => second.changes.length > moves);
});
