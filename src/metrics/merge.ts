// The numbers of several processes as those of one.
//
// Counters and histograms are summed. Gauges are too, where each process has a part of the whole (connections, memory);
// where all tell of the same thing, the catalogue says which of their values counts.

import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';

/** Can be sent to another process. */
export type MetricsSnapshot = MetricObjectWithValues<MetricValue<string>>[];

export function mergeMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate(snapshots.map((each) => each.map(withWorst))).metrics();
}

/** prom-client has the mean of how late event loops come, in which an idle primary hides a worker that is late. */
function withWorst(metric: MetricsSnapshot[number]): MetricsSnapshot[number] {
  return metric.name.startsWith('portcullis_nodejs_eventloop_lag_') ? { ...metric, aggregator: 'max' } : metric;
}

/**
 * What stays of processes that have ended. What they have counted has happened; without it sums would fall, which
 * whoever reads them takes for a restart and counts everything again.
 */
export function keepCounts(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  const counts = snapshots.map((each) => each.filter(({ type }) => KEPT.includes(String(type))));
  return AggregatorRegistry.aggregate(counts).getMetricsAsJSON();
}

const KEPT: readonly string[] = ['counter', 'histogram'];
