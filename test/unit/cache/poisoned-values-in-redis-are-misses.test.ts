// Whoever can write to Redis tries to make a refused certificate valid: each way in turn, and each time it stays refused.

import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { createSeals, type Sealed } from '../../../src/cache/seal.ts';
import { serializeVerdict } from '../../../src/cache/verdict-text.ts';
import { comparable, makeInvalidVerdict, makeValidVerdict } from '../../contract/verdict-store.ts';
import { startRedis } from '../../kit/redis.ts';
import { until } from '../../kit/until.ts';
import { joinReplica, KEY, TTL_MS } from './shared.ts';

const nameOf = (key: string, prefix = 'portcullis') => `{${prefix}}:verdict:${key}`;
const never = () => {
  throw new Error('must not be computed');
};
const fromSeals = (key: Uint8Array) => createSeals(() => [key]);
const now = Date.now();
const validUntil = now + TTL_MS - 60_000;
const valid = makeValidVerdict('alice', validUntil);
const invalid = makeInvalidVerdict(validUntil);
const payload = Buffer.from(serializeVerdict(valid));
const sound: Sealed = { generation: 0, expires: validUntil, payload };
/** As a replica would have put it for the certificate that is to be refused. */
const sealed = fromSeals(KEY).seal(nameOf('mallory'), sound);
const headEnd = sealed.indexOf('\n');
const editHead = (edit: (words: string[]) => void) => {
  const words = sealed.toString('latin1', 0, headEnd).split(' ');
  edit(words);
  return Buffer.concat([Buffer.from(`${words.join(' ')}\n`), payload]);
};
const withFlippedBit = (at: number) => {
  const copy = Buffer.from(sealed);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

/** What stands in Redis, and how it is put down: `miss` where nothing is wrong, but nothing of use. */
const POISON: readonly (readonly [string, Buffer, 'unreadable' | 'miss' | 'over'])[] = [
  ['a verdict without a seal', payload, 'unreadable'],
  ['a plain word', Buffer.from('allow'), 'unreadable'],
  ['JSON that names __proto__', Buffer.from('{"__proto__":{"valid":true},"valid":true}'), 'unreadable'],
  ['the verdict of another certificate', fromSeals(KEY).seal(nameOf('alice'), sound), 'unreadable'],
  ['one of another fleet', fromSeals(KEY).seal(nameOf('mallory', 'other'), sound), 'unreadable'],
  ['one sealed with another key', fromSeals(randomBytes(32)).seal(nameOf('mallory'), sound), 'unreadable'],
  ['the same under the name of our key', forgeKeyId(), 'unreadable'],
  ['one bit of the verdict changed', withFlippedBit(headEnd + 20), 'unreadable'],
  ['one digit of the seal changed', withFlippedBit(headEnd - 1), 'unreadable'],
  ['a later end', editHead((words) => words.splice(3, 1, String(validUntil + 1))), 'unreadable'],
  ['a higher generation', editHead((words) => words.splice(2, 1, '9')), 'unreadable'],
  ['another version of the form', editHead((words) => words.splice(0, 1, 'portcullis2')), 'unreadable'],
  ['a cut off end', sealed.subarray(0, -1), 'unreadable'],
  ['bytes behind it', Buffer.concat([sealed, Buffer.from(' ')]), 'unreadable'],
  ['a head alone', sealed.subarray(0, headEnd + 1), 'unreadable'],
  ['a line feed alone', Buffer.from('\n'), 'unreadable'],
  ['nothing', Buffer.alloc(0), 'miss'],
  ['10 MB of zeros', Buffer.alloc(10_000_000), 'unreadable'],
  ['10 MB behind a sound head', Buffer.concat([sealed, Buffer.alloc(10_000_000)]), 'unreadable'],
  ['one that is over', fromSeals(KEY).seal(nameOf('mallory'), { ...sound, expires: now - 1 }), 'over'],
  ['a sealed text that is no verdict', seal('{"valid":true}'), 'unreadable'],
  ['a sealed verdict with another end', seal(serializeVerdict({ ...valid, validUntil: validUntil + 1 })), 'unreadable'],
];

function seal(text: string): Buffer {
  return fromSeals(KEY).seal(nameOf('mallory'), { ...sound, payload: Buffer.from(text) });
}

function forgeKeyId(): Buffer {
  const forged = fromSeals(randomBytes(32)).seal(nameOf('mallory'), sound).toString('latin1').split(' ');
  forged[1] = sealed.toString('latin1').split(' ')[1] ?? '';
  return Buffer.from(forged.join(' '), 'latin1');
}

async function setUp(t: Test) {
  const redis = await startRedis(t);
  const replica = await joinReplica(t, { redis: redis.url });
  return { redis, ...replica };
}

t.test('poisoned values, some of them of 10 MB', async (t) => {
  const { redis, cache, clear, count } = await setUp(t);
  await redis.admin.set(nameOf('mallory'), sealed);
  t.strictSame(comparable((await cache.lookUp('mallory', never)).verdict), comparable(valid), 'the sound one is taken');
  t.equal(count('value hit'), 1);

  for (const [name, bytes, outcome] of POISON) {
    const reported = outcome === 'over' ? 'value miss' : `value ${outcome}`;
    const before = count(reported);
    await redis.admin.set(nameOf('mallory'), bytes);
    clear();
    const found = await cache.lookUp('mallory', () => invalid);
    t.equal(found.from, 'computed', name);
    t.match(found.verdict, { valid: false, refusal: { code: 'certificate-invalid', check: 'path-length' } }, name);
    t.ok(count(reported) > before, `${name}: ${reported}`);
  }
  t.equal(count('value hit'), 1);
});

t.test('one line tells of them, not one for each', async (t) => {
  const { redis, cache, clear, lines } = await setUp(t);
  for (let round = 0; round < 20; round++) {
    await redis.admin.set(nameOf('mallory'), 'allow');
    clear();
    t.equal((await cache.lookUp('mallory', () => invalid)).verdict.valid, false);
  }
  t.match(lines, [{ level: 'warn', defect: 'form', message: /cannot be read/ }]);
  t.equal(lines.length, 1);
});

t.test('values of another type', async (t) => {
  const { redis, cache, clear, count, lines } = await setUp(t);
  const name = nameOf('mallory');
  const fillers: Readonly<Record<string, () => Promise<unknown>>> = {
    list: () => redis.admin.rpush(name, sealed),
    set: () => redis.admin.sadd(name, sealed),
    hash: () => redis.admin.hset(name, 'value', sealed),
    stream: () => redis.admin.xadd(name, '*', 'value', sealed),
  };
  for (const [type, fill] of Object.entries(fillers)) {
    await redis.admin.del(name);
    await fill();
    clear();
    t.equal((await cache.lookUp('mallory', () => invalid)).verdict.valid, false, type);
  }
  t.equal(count('value unreadable'), 4);
  t.equal(count('read refused'), 0, 'a wrong type is no fault of Redis');
  await redis.admin.del(name);
  clear();
  await cache.lookUp('mallory', () => valid);
  await until(() => count('write done') > 0);
  clear();
  t.equal((await cache.lookUp('mallory', never)).from, 'redis', 'and Redis is used on');
  t.equal(lines.length, 1);
});

t.test('a value of an older generation', async (t) => {
  const { redis, cache, shared, clear, count } = await setUp(t);
  await redis.admin.set(nameOf('mallory'), sealed);
  t.equal((await cache.lookUp('mallory', never)).from, 'redis');
  await shared.announce();
  await redis.admin.set(nameOf('mallory'), sealed);
  clear();
  t.equal((await cache.lookUp('mallory', () => invalid)).verdict.valid, false);
  t.equal(count('value outdated'), 1);
});

t.test('a counter that is none', async (t) => {
  const redis = await startRedis(t);
  const replica = await joinReplica(t, { redis: redis.url });
  const counter = '{portcullis}:generation';
  await replica.shared.announce();
  // Whoever reads a counter that is not there yet may raise it as well.
  let expected = Number(await redis.admin.get(counter));
  t.ok(expected >= 1, `the counter is ${expected}`);
  const poisons: Readonly<Record<string, () => Promise<unknown>>> = {
    word: () => redis.admin.set(counter, 'one'),
    negative: () => redis.admin.set(counter, '-5'),
    'too large': () => redis.admin.set(counter, '9223372036854775807'),
    huge: () => redis.admin.set(counter, Buffer.alloc(10_000_000, '1')),
    list: () => redis.admin.del(counter).then(() => redis.admin.rpush(counter, '9')),
  };
  for (const [name, poison] of Object.entries(poisons)) {
    const before = replica.changes.length;
    await poison();
    // Made anew, above all that was ever seen, so that nobody takes the old for the new.
    await until(() => replica.changes.length > before);
    const count = Number(await redis.admin.get(counter));
    t.ok(count > expected, `${name}: ${count} is higher than ${expected}`);
    expected = count;
  }
  t.match(replica.changes, ['moved']);
});

t.test('a forged announcement', async (t) => {
  const { redis, changes, count } = await setUp(t);
  const channel = '{portcullis}:news';
  const forged = fromSeals(randomBytes(32)).seal(channel, { ...sound, generation: 7 });
  await redis.admin.publish(channel, forged);
  await redis.admin.publish(channel, sealed);
  await redis.admin.publish(channel, 'x');
  await until(() => count('value unreadable') === 3);
  t.strictSame(changes, []);
  await redis.admin.publish(channel, fromSeals(KEY).seal(channel, { ...sound, generation: 7 }));
  await until(() => changes.length > 0);
});
