// Names beyond the bound share a series; times fall into buckets that hold those below, too.

import t from 'tap';
import { createMetrics } from '../../../src/metrics/metrics.ts';

type Metrics = ReturnType<typeof createMetrics>;

/** The lines that begin so. */
async function linesOf(metrics: Metrics, begin: string): Promise<string[]> {
  const { text } = await metrics.render();
  return text.split('\n').filter((line) => line.startsWith(begin));
}

t.test('the first 200 sites and 1,000 rules have a series of their own', async (t) => {
  const metrics = createMetrics('1.2.3');
  for (let n = 0; n < 1_200; n++) {
    metrics.request({ site: `s${n}`, rule: `s${n}/`, decision: 'allow', code: '' }, 0.002);
  }
  const requests = await linesOf(metrics, 'portcullis_requests_total');
  const sites = new Set(requests.map((line) => /site="(\w+)"/.exec(line)?.[1]));
  t.equal(sites.size, 201);
  t.equal(requests.length, 1_001);
  t.ok(requests.includes('portcullis_requests_total{site="s199",rule="s199/",decision="allow",code=""} 1'));
  t.ok(requests.includes('portcullis_requests_total{site="other",rule="s999/",decision="allow",code=""} 1'));
  t.ok(requests.includes('portcullis_requests_total{site="other",rule="other",decision="allow",code=""} 200'));
  metrics.request({ site: 's0', rule: 's0/', decision: 'allow', code: '' }, 0.002);
  const [first] = await linesOf(metrics, 'portcullis_requests_total{site="s0"');
  t.match(first, / 2$/, 'who has one keeps it');
});

t.test('times', async (t) => {
  const metrics = createMetrics('1.2.3');
  metrics.redisCommand('read', 'done', 0.003);
  metrics.redisCommand('read', 'done', 0.02);
  metrics.redisCommand('read', 'silent', 99);
  metrics.redisCommand('read', 'skipped');
  const lines = await linesOf(metrics, 'portcullis_redis_command_seconds');
  const numberOf = (begin: string) =>
    Number(
      lines
        .find((line) => line.startsWith(begin))
        ?.split(' ')
        .at(-1),
    );
  const below = (le: string) => numberOf(`portcullis_redis_command_seconds_bucket{le="${le}"`);
  t.strictSame(['0.0025', '0.005', '0.025', '30', '+Inf'].map(below), [0, 1, 2, 2, 3]);
  t.equal(numberOf('portcullis_redis_command_seconds_count'), 3, 'what was not sent took no time');
  t.equal(numberOf('portcullis_redis_command_seconds_sum'), 99.023);
  t.equal((await linesOf(metrics, 'portcullis_redis_commands_total')).length, 3);
});

t.test('what nobody has to tell has no value', async (t) => {
  const metrics = createMetrics('1.2.3');
  t.strictSame(await linesOf(metrics, 'portcullis_directory_usable'), []);
  metrics.observe({ directory: () => ({ usable: false, accounts: 2, credentials: 3, blocks: 0 }) });
  t.strictSame(await linesOf(metrics, 'portcullis_directory_usable'), ['portcullis_directory_usable 0']);
  t.equal((await linesOf(metrics, 'portcullis_directory_entries')).length, 3);
  t.strictSame(await linesOf(metrics, 'portcullis_build_info'), ['portcullis_build_info{version="1.2.3"} 1']);
});
