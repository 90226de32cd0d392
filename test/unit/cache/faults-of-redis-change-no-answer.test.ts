// One test for each row of the table in docs/redis.md: the answers are those of a gateway without Redis, a fault is paid
// for once, and metric and log say so once.

import t, { type Test } from 'tap';
import { comparable, makeInvalidVerdict, makeValidVerdict } from '../../contract/verdict-store.ts';
import { findFreePort, startRedis } from '../../kit/redis.ts';
import { startTcpProxy } from '../../kit/tcp-proxy.ts';
import { until } from '../../kit/until.ts';
import { joinReplica, type Replica } from './shared.ts';

const validUntil = Date.now() + 120_000;
const alice = makeValidVerdict('alice', validUntil);
const mallory = makeInvalidVerdict(validUntil);
const LIMIT = '250ms';

/** Judges a good and a bad certificate, neither of them in memory, and tells where the good one's verdict came from. */
async function judge(t: Test, { cache, clear }: Replica, name: string): Promise<string> {
  clear();
  const good = await cache.lookUp('alice', () => alice);
  t.strictSame(comparable(good.verdict), comparable(alice), `${name}: the good one is valid`);
  const bad = await cache.lookUp('mallory', () => mallory);
  t.strictSame(bad.verdict, mallory, `${name}: the bad one is refused`);
  return good.from;
}

/** Judges until the verdict comes from Redis. */
async function judgeFromRedis(t: Test, replica: Replica, name: string): Promise<void> {
  await until(async () => (await judge(t, replica, name)) === 'redis');
}

/** No command is sent and no time is lost: the store answers at once, and not with a promise. */
function checkLeftAlone(t: Test, { shared, count }: Replica): void {
  t.equal(shared.verdicts.get('alice', Date.now()), undefined, 'nothing is waited for');
  t.equal(count('usable reading false'), 1);
}

function told({ lines }: Replica, level: string): unknown[] {
  return lines.filter((line) => line.level === level);
}

/** It is noticed, told once with its reason, and cost at most one limit in a row of requests. */
async function checkUnusable(t: Test, replica: Replica, reason: RegExp): Promise<void> {
  t.equal(await judge(t, replica, 'in the fault'), 'computed');
  await until(() => replica.count('usable reading false') === 1);
  const { count } = replica;
  const sent = () => count('read silent') + count('read unreachable') + count('read refused') + count('read done');
  const before = sent();
  for (let round = 0; round < 20; round++) t.equal(await judge(t, replica, 'left alone'), 'computed');
  t.equal(sent(), before, 'nothing is sent');
  t.ok(count('read silent') <= 1, 'one limit at most is waited');
  checkLeftAlone(t, replica);
  t.match(told(replica, 'warn'), [{ message: /^Redis cannot be used/, reason }]);
  t.equal(told(replica, 'warn').length, 1, 'one line');
}

async function checkBack(t: Test, replica: Replica): Promise<void> {
  await until(() => told(replica, 'info').length > 0);
  await judgeFromRedis(t, replica, 'back');
  t.match(told(replica, 'info'), [{ message: 'Redis can be used again' }]);
  t.equal(told(replica, 'info').length, 1, 'one line');
  t.equal(replica.count('usable reading true'), 2);
}

/** A replica that was seen to use Redis, over a cable that can be pulled. */
async function setUp(t: Test) {
  const redis = await startRedis(t);
  const proxy = await startTcpProxy(t, redis.port);
  const replica = await joinReplica(t, { redis: `redis://127.0.0.1:${proxy.port}`, commandTimeout: LIMIT });
  await judgeFromRedis(t, replica, 'before');
  return { redis, proxy, replica };
}

t.test('absent at the start, there later', async (t) => {
  const port = await findFreePort();
  const replica = await joinReplica(t, { redis: `redis://127.0.0.1:${port}`, commandTimeout: LIMIT });
  await checkUnusable(t, replica, /ECONNREFUSED/);
  await startRedis(t, { port });
  await checkBack(t, replica);
});

t.test('connections are refused', async (t) => {
  const { proxy, replica } = await setUp(t);
  proxy.mode = 'refuse';
  proxy.cut();
  await checkUnusable(t, replica, /./);
  proxy.mode = 'pass';
  await checkBack(t, replica);
});

t.test('accepts and never answers, from the start', async (t) => {
  const redis = await startRedis(t);
  redis.freeze();
  const replica = await joinReplica(t, { redis: redis.url, commandTimeout: LIMIT });
  await checkUnusable(t, replica, /no answer within 250 ms/);
  redis.thaw();
  await checkBack(t, replica);
});

t.test('accepts and never answers, with a password to be checked', async (t) => {
  const { proxy, replica } = await setUp(t);
  proxy.mode = 'hang';
  const late = await joinReplica(t, {
    redis: { url: `redis://127.0.0.1:${proxy.port}` },
    password: 'secret',
    commandTimeout: LIMIT,
  });
  await checkUnusable(t, late, /./);
  await checkUnusable(t, replica, /no answer within 250 ms/);
});

t.test('stops answering', async (t) => {
  const { redis, replica } = await setUp(t);
  redis.freeze();
  await checkUnusable(t, replica, /no answer within 250 ms/);
  redis.thaw();
  await checkBack(t, replica);
});

t.test('slower than the limit', async (t) => {
  const { proxy, replica } = await setUp(t);
  proxy.delayMs = 600;
  await checkUnusable(t, replica, /no answer within 250 ms/);
  proxy.delayMs = 0;
  await checkBack(t, replica);
});

t.test('read only', async (t) => {
  const { redis, replica } = await setUp(t);
  await redis.admin.replicaof('127.0.0.1', await findFreePort());
  t.equal(await judge(t, replica, 'read only'), 'redis');
  await replica.cache.lookUp('bob', () => alice);
  await until(() => replica.count('usable writing false') === 1);
  for (let round = 0; round < 20; round++) {
    replica.clear();
    t.equal((await replica.cache.lookUp('bob', () => alice)).from, 'computed', 'nothing can be put there');
  }
  t.match(told(replica, 'warn'), [{ message: /^Redis takes no values/, reason: /^READONLY/ }]);
  t.equal(told(replica, 'warn').length, 1);
  t.equal(replica.count('usable reading false'), 0);
  await redis.admin.replicaof('NO', 'ONE');
  await checkWritesAgain(t, replica);
});

t.test('out of memory', async (t) => {
  const { redis, replica } = await setUp(t);
  await redis.admin.config('SET', 'maxmemory', '1');
  t.equal(await judge(t, replica, 'full'), 'redis');
  await replica.cache.lookUp('bob', () => alice);
  await until(() => replica.count('usable writing false') === 1);
  t.match(told(replica, 'warn'), [{ message: /^Redis takes no values/, reason: /^OOM/ }]);
  t.equal(told(replica, 'warn').length, 1);
  await redis.admin.config('SET', 'maxmemory', '0');
  await checkWritesAgain(t, replica);
});

async function checkWritesAgain(t: Test, replica: Replica): Promise<void> {
  await until(async () => {
    replica.clear();
    return (await replica.cache.lookUp('bob', () => alice)).from === 'redis';
  });
  t.match(told(replica, 'info'), [{ message: 'Redis takes values again' }]);
  t.equal(told(replica, 'info').length, 1);
  t.strictSame(replica.changes, ['back'], 'what could not be put there can be now');
}

t.test('a value is evicted', async (t) => {
  const { redis, replica } = await setUp(t);
  await redis.admin.del('{portcullis}:verdict:alice');
  t.equal(await judge(t, replica, 'evicted'), 'computed');
  await judgeFromRedis(t, replica, 'put there again');
  t.strictSame(replica.lines, [], 'that is no fault');
});

t.test('a wrong password', async (t) => {
  const redis = await startRedis(t, { args: ['--requirepass', 'right'], admin: { password: 'right' } });
  const right = await joinReplica(t, { redis: { url: redis.url }, password: 'right', commandTimeout: LIMIT });
  await judgeFromRedis(t, right, 'the right one');
  const url = redis.url.replace('//', '//:right@');
  await judgeFromRedis(t, await joinReplica(t, { redis: url, commandTimeout: LIMIT }), 'the right one in the URL');
  const wrong = await joinReplica(t, { redis: { url: redis.url }, password: 'guessed', commandTimeout: LIMIT });
  await checkUnusable(t, wrong, /^WRONGPASS/);
  const none = await joinReplica(t, { redis: redis.url, commandTimeout: LIMIT });
  await checkUnusable(t, none, /^NOAUTH/);
  t.notMatch(JSON.stringify([wrong.lines, none.lines]), /guessed|right/);
});

t.test('a user who may do nothing', async (t) => {
  const { redis, replica } = await setUp(t);
  await redis.admin.acl('SETUSER', 'nobody', 'on', '>secret', '-@all');
  const options = { redis: { url: redis.url, username: 'nobody' }, password: 'secret', commandTimeout: LIMIT };
  await checkUnusable(t, await joinReplica(t, options), /^NOPERM/);
  t.strictSame(replica.lines, []);
});

t.test('a user who may do what the manual says', async (t) => {
  const { redis } = await setUp(t);
  const rights = '~{portcullis}:* &{portcullis}:* -@all +getrange +set +incrby +publish +subscribe +ping'.split(' ');
  await redis.admin.acl('SETUSER', 'gateway', 'on', '>secret', ...rights);
  const options = { redis: { url: redis.url, username: 'gateway' }, password: 'secret', commandTimeout: LIMIT };
  const [replica, other] = [await joinReplica(t, options), await joinReplica(t, options)];
  await judgeFromRedis(t, replica, 'few rights');
  await replica.shared.announce();
  await until(() => other.changes.length > 0);
  t.strictSame([...replica.lines, ...other.lines], []);
});

t.test('an old server without HELLO', async (t) => {
  const redis = await startRedis(t, { args: ['--rename-command', 'HELLO', '', '--rename-command', 'CLIENT', ''] });
  const replica = await joinReplica(t, { redis: redis.url, commandTimeout: LIMIT });
  await judgeFromRedis(t, replica, 'RESP2');
  t.strictSame(replica.lines, []);
});

t.test('restarted empty', async (t) => {
  const { redis, replica } = await setUp(t);
  await replica.shared.announce();
  t.strictSame(replica.changes, ['moved']);
  await redis.stop();
  await checkUnusable(t, replica, /ECONNREFUSED|closed|ECONNRESET/);
  await redis.start();
  await checkBack(t, replica);
  await until(() => replica.changes.filter((what) => what === 'moved').length > 1);
  t.ok(Number(await redis.admin.get('{portcullis}:generation')) > 1, 'the counter goes on above all that was seen');
});

t.test('flushed', async (t) => {
  const { redis, replica } = await setUp(t);
  await replica.shared.announce();
  await redis.admin.flushall();
  await until(() => replica.changes.length === 2);
  t.equal(await redis.admin.get('{portcullis}:generation'), '2');
  await judgeFromRedis(t, replica, 'flushed');
  t.strictSame(replica.lines, []);
});

t.test('failed over to a replica that was behind', async (t) => {
  const { redis, proxy, replica } = await setUp(t);
  const other = await startRedis(t);
  const name = '{portcullis}:verdict:alice';
  await other.admin.set(name, (await redis.admin.getBuffer(name)) ?? '');
  for (let n = 0; n < 3; n++) await replica.shared.announce();
  t.equal(await redis.admin.get('{portcullis}:generation'), '3');
  replica.clear();

  await other.admin.set('{portcullis}:generation', '1');
  const moves = replica.changes.length;
  proxy.target = other.port;
  proxy.cut();
  let found = await replica.cache.lookUp('alice', () => mallory);
  t.equal(found.from, 'computed');
  await until(() => replica.changes.filter((what) => what === 'moved').length > moves);
  replica.clear();
  found = await replica.cache.lookUp('alice', () => mallory);
  t.equal(found.verdict.valid, false, 'the older verdict is not believed');
  t.ok(Number(await other.admin.get('{portcullis}:generation')) > 3, 'and the counter has left it behind');
});

t.test('cut off and back', async (t) => {
  const { redis, proxy, replica } = await setUp(t);
  const other = await joinReplica(t, { redis: redis.url, commandTimeout: LIMIT });
  proxy.mode = 'refuse';
  proxy.cut();
  await checkUnusable(t, replica, /./);
  await other.shared.announce();
  t.strictSame(replica.changes, []);
  proxy.mode = 'pass';
  await until(() => replica.changes.includes('moved'));
  t.same(replica.changes.toSorted(), ['back', 'moved']);
  await checkBack(t, replica);
});

t.test('an announcement that cannot be made', async (t) => {
  const { redis, proxy, replica } = await setUp(t);
  const other = await joinReplica(t, { redis: redis.url, commandTimeout: LIMIT });
  proxy.mode = 'refuse';
  proxy.cut();
  await checkUnusable(t, replica, /./);
  await replica.shared.announce();
  t.strictSame(other.changes, []);
  proxy.mode = 'pass';
  await until(() => other.changes.length > 0);
  t.strictSame(other.changes, ['moved']);
});
