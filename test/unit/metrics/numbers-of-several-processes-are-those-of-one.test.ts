// What several processes have counted, told as of one gateway.

import t from 'tap';
import { keepCounts } from '../../../src/metrics/merge.ts';
import { createMetrics, type Metrics } from '../../../src/metrics/metrics.ts';

async function tell(metrics: Metrics): Promise<Map<string, number>> {
  const { text } = await metrics.render();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

function begin(connections: number, requests: number, seconds: number, usable: boolean): Metrics {
  const metrics = createMetrics('1.2.3');
  for (let count = 0; count < connections; count++) metrics.connections(1);
  for (let count = 0; count < requests; count++) {
    metrics.request({ site: 'a', rule: 'a /', decision: 'allow', code: '' }, seconds);
  }
  metrics.redisUsable('read', usable);
  metrics.observe({ isOverloaded: () => !usable });
  return metrics;
}

t.test('sums, highest and lowest', async (t) => {
  const processes = [begin(3, 5, 0.002, true), begin(4, 7, 20, false)];
  const whole = await tell(createMetrics('1.2.3', () => Promise.all(processes.map((metrics) => metrics.snapshot()))));
  t.equal(whole.get('portcullis_connections'), 7);
  t.equal(whole.get('portcullis_requests_total{site="a",rule="a /",decision="allow",code=""}'), 12);
  const duration = 'portcullis_request_duration_seconds';
  t.equal(whole.get(`${duration}_bucket{le="0.0025",site="a",decision="allow"}`), 5);
  t.equal(whole.get(`${duration}_bucket{le="+Inf",site="a",decision="allow"}`), 12);
  t.equal(whole.get(`${duration}_count{site="a",decision="allow"}`), 12);
  t.equal(whole.get(`${duration}_sum{site="a",decision="allow"}`), 140.01);
  t.equal(whole.get('portcullis_redis_usable{use="read"}'), 0, 'one that cannot use it is told of');
  t.equal(whole.get('portcullis_overloaded'), 1);
  t.equal(whole.get('portcullis_build_info{version="1.2.3"}'), 1);
});

t.test('the event loop that comes latest', async (t) => {
  const snapshots = await Promise.all(
    [begin(0, 0, 0, true), begin(0, 0, 0, true)].map((metrics) => metrics.snapshot()),
  );
  const late = [0.01, 0.7].map((seconds, index) =>
    (snapshots[index] ?? []).map((metric) =>
      metric.name === 'portcullis_nodejs_eventloop_lag_p99_seconds'
        ? { ...metric, values: [{ value: seconds, labels: {} }] }
        : metric,
    ),
  );
  const whole = await tell(createMetrics('1.2.3', async () => late));
  t.equal(whole.get('portcullis_nodejs_eventloop_lag_p99_seconds'), 0.7);
});

t.test('what is gone has counted, and has nothing open', async (t) => {
  const gone = await begin(3, 5, 0.002, true).snapshot();
  const kept = await keepCounts([await keepCounts([[], gone]), gone]);
  const whole = await tell(createMetrics('1.2.3', async () => [structuredClone(kept)]));
  t.equal(whole.get('portcullis_requests_total{site="a",rule="a /",decision="allow",code=""}'), 10);
  t.equal(whole.get('portcullis_request_duration_seconds_count{site="a",decision="allow"}'), 10);
  t.equal(whole.get('portcullis_connections'), 0);
});
