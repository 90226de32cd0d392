// Is Redis named in one way, with what that way needs and nothing else?

import type { CacheOptions, RedisOptions } from '../../cache/options.ts';
import type { Report } from '../report.ts';

const AT = ['cache', 'redis'];
const MAKE_KEY = 'make one with `openssl rand -hex 32 > cache.key`, give every replica the same, and name it here';

export function checkCache({ redis, keyFile }: CacheOptions, report: Report): void {
  if (redis === undefined) {
    if (keyFile === undefined) return;
    report.error(['cache', 'keyFile'], '`keyFile` has no meaning without `redis`', 'add `redis`, or remove it');
    return;
  }
  if (keyFile === undefined) {
    const message = 'Redis without `keyFile`: whoever can write to it could make verdicts';
    report.error(AT, message, `set \`cache.keyFile\`; ${MAKE_KEY}`);
  }
  checkPlace(redis, report);
  checkUrl(redis, report);
  if (redis.username !== undefined && redis.passwordFile === undefined) {
    report.error([...AT, 'username'], '`username` without `passwordFile`', 'add `passwordFile: FILE` beside it');
  }
}

function checkPlace(redis: RedisOptions, report: Report): void {
  const places = (['url', 'sentinels', 'cluster'] as const).filter((key) => redis[key] !== undefined);
  if (places.length !== 1) {
    const found = places.length === 0 ? 'none of them' : places.map((key) => `\`${key}\``).join(' and ');
    const message = `expected one of \`url\`, \`sentinels\` and \`cluster\`, found ${found}`;
    report.error(AT, message, 'name one server, the Sentinels, or nodes of a cluster');
  }
  if (redis.sentinels !== undefined && redis.name === undefined) {
    report.error([...AT, 'sentinels'], '`sentinels` without `name`', 'add `name:`, as in `sentinel monitor NAME ...`');
  }
  for (const key of ['name', 'sentinelPasswordFile'] as const) {
    if (redis[key] === undefined || redis.sentinels !== undefined) continue;
    report.error([...AT, key], `\`${key}\` has no meaning without \`sentinels\``, 'add `sentinels`, or remove it');
  }
}

function checkUrl({ url: text, tls, username, passwordFile }: RedisOptions, report: Report): void {
  if (text === undefined) return;
  const url = new URL(text);
  if (url.search !== '' || url.hash !== '' || !/^(\/\d{0,5})?$/.test(url.pathname)) {
    const message = 'the URL of Redis has a query, a fragment, or a path that is no number of a database';
    report.error(AT, message, 'keep scheme, user, password, host, port and database only');
  }
  const hasUser = url.username !== '' || url.password !== '';
  if (hasUser && (username !== undefined || passwordFile !== undefined)) {
    const message = 'user and password stand in the URL and beside it';
    report.error([...AT, 'url'], message, 'take them out of the URL');
  }
  if (url.protocol === 'rediss:' && tls === undefined) {
    const message = 'a rediss URL without `tls`: nothing says who vouches for the server';
    const remedy = `write \`redis: { url: "...", tls: { ca: FILE } }\`, or \`ca: system\` for the public authorities`;
    report.error(AT, message, remedy);
  }
  if (url.protocol === 'redis:' && tls !== undefined) {
    report.error([...AT, 'tls'], '`tls` has no meaning for a redis URL', 'use rediss:// in `url`, or remove it');
  }
}
