import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { type ConfigurationFolder, configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';
import { makeRoot } from '../../kit/pki.ts';

const KEY = randomBytes(32).toString('hex');

function makeFolder(t: Test): ConfigurationFolder {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('cache.key', `${KEY}\n`);
  folder.write('password', 'secret\n');
  folder.write('redis-ca.pem', makeRoot().pem);
  return folder;
}

async function load(folder: ConfigurationFolder, cache: string) {
  folder.write('portcullis.yaml', configurationText({ cache }));
  return folder.load();
}

const withKey = (redis: string) => `{ keyFile: cache.key, redis: ${redis} }`;

t.test('sound forms', async (t) => {
  const folder = makeFolder(t);
  const forms: Readonly<Record<string, object>> = {
    '"redis://127.0.0.1:6379"': { url: 'redis://127.0.0.1:6379', prefix: 'portcullis' },
    '"redis://gateway:secret@redis.example:6379/3"': { url: 'redis://gateway:secret@redis.example:6379/3' },
    '{ url: "redis://127.0.0.1", username: gateway, passwordFile: password, prefix: staging }': { prefix: 'staging' },
    '{ url: "rediss://redis.example", tls: { ca: redis-ca.pem, serverName: redis } }': { tls: { serverName: 'redis' } },
    '{ url: "rediss://redis.example", tls: { ca: system } }': { tls: { ca: 'system' } },
    '{ sentinels: ["a.example:26379", "[::1]:26379"], name: main, sentinelPasswordFile: password }': { name: 'main' },
    '{ cluster: ["a.example:6379"], tls: { ca: redis-ca.pem } }': { cluster: ['a.example:6379'] },
  };
  for (const [form, expected] of Object.entries(forms)) {
    const { configuration, problems } = await load(folder, withKey(form));
    t.strictSame(problems, [], form);
    t.match(configuration?.settings.cache.redis, expected, form);
    t.match(configuration?.redisFiles?.keys, [Buffer.from(KEY, 'hex')], form);
  }
  const { configuration } = await load(folder, withKey('{ url: "redis://127.0.0.1", passwordFile: password }'));
  t.equal(configuration?.redisFiles?.password, 'secret', 'without the line feed');
});

t.test('unsound ones', async (t) => {
  const folder = makeFolder(t);
  const mistakes: readonly (readonly [string, string, string])[] = [
    ['{ redis: "redis://127.0.0.1" }', 'cache.redis', 'openssl rand -hex 32'],
    ['{ keyFile: cache.key }', 'cache.keyFile', 'add `redis`'],
    [withKey('{ prefix: a }'), 'cache.redis', 'name one server'],
    [withKey('{ url: "redis://a", cluster: ["b:1"] }'), 'cache.redis', 'name one server'],
    [withKey('{ sentinels: ["a:1"] }'), 'cache.redis.sentinels', 'add `name:`'],
    [withKey('{ url: "redis://a", name: main }'), 'cache.redis.name', 'add `sentinels`'],
    [withKey('{ cluster: ["a"] }'), 'cache.redis.cluster[0]', 'correct the value'],
    [withKey('"http://127.0.0.1:6379"'), 'cache.redis', 'correct the value'],
    [withKey('"redis://127.0.0.1/nought"'), 'cache.redis', 'keep scheme'],
    [withKey('"redis://127.0.0.1/?commandTimeout=0"'), 'cache.redis', 'keep scheme'],
    [withKey('"rediss://127.0.0.1"'), 'cache.redis', 'tls: { ca: FILE }'],
    [withKey('{ url: "redis://a", tls: { ca: system } }'), 'cache.redis.tls', 'rediss://'],
    [withKey('{ url: "rediss://a", tls: { ca: none.pem } }'), 'cache.redis.tls.ca', 'create it'],
    [withKey('{ url: "redis://a:b@c", passwordFile: password }'), 'cache.redis.url', 'out of the URL'],
    [withKey('{ url: "redis://a", username: b }'), 'cache.redis.username', 'passwordFile'],
    [withKey('{ url: "redis://a", prefix: "a b" }'), 'cache.redis.prefix', 'correct the value'],
    [withKey('{ url: "redis://a", password: b }'), 'cache.redis.password', 'passwordFile'],
    ['{ commandTimeout: 0s }', 'cache.commandTimeout', ''],
    ['{ breaker: { failures: 0 } }', 'cache.breaker.failures', ''],
  ];
  for (const [cache, path, remedy] of mistakes) {
    const { configuration, problems } = await load(folder, cache);
    t.equal(configuration, undefined, cache);
    t.strictSame([problems.length, problems[0]?.path], [1, path], cache);
    t.ok(problems[0]?.remedy.includes(remedy), `${cache}: ${problems[0]?.remedy}`);
  }
});

t.test('keys', async (t) => {
  const folder = makeFolder(t);
  const older = randomBytes(48);
  const read = (text: string, mode = 0o600) => {
    folder.write('cache.key', text, mode);
    return load(folder, withKey('"redis://127.0.0.1"'));
  };
  const { configuration, problems } = await read(`${KEY}\r\n\n  ${older.toString('base64')}  \n`, 0o640);
  t.strictSame(problems, []);
  t.strictSame(configuration?.redisFiles?.keys, [Buffer.from(KEY, 'hex'), older], 'newest first');

  const defects: readonly (readonly [string, string, number, number | undefined, RegExp])[] = [
    ['a short one', `${KEY}\n${KEY.slice(2)}\n`, 0o600, 2, /31 bytes/],
    ['hexadecimal that would be long enough as base64', KEY.slice(16), 0o600, 1, /24 bytes/],
    ['a sentence', 'correct horse battery staple', 0o600, 1, /neither hexadecimal nor base64/],
    ['only white space', ' \n\n', 0o600, undefined, /no key/],
    ['an empty file', '', 0o600, undefined, /empty/],
    ['readable by everyone', KEY, 0o644, undefined, /everyone/],
    ['too many', `${KEY}\n`.repeat(17), 0o600, undefined, /at most 16/],
  ];
  for (const [name, text, mode, line, message] of defects) {
    const { configuration, problems } = await read(text, mode);
    t.equal(configuration, undefined, name);
    t.match(problems, [{ file: 'cache.key', line, message, path: 'cache.keyFile' }], name);
    t.equal(problems.length, 1, name);
    t.notMatch(JSON.stringify(problems), new RegExp(KEY.slice(2, 20)), 'no word of a key');
  }
  t.equal((await load(folder, '{ keyFile: none.key, redis: "redis://a" }')).configuration, undefined);
});
