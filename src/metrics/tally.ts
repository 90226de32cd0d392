// What is counted and measured by name. prom-client looks labels up by a hash that it makes of them each time, which costs
// more than to judge the request; here a count is one look into a map, and prom-client reads the numbers to render them.

import type { Metric, MetricObjectWithValues, MetricValue, Registry } from 'prom-client';
import { CATALOGUE, type MetricDescription, type NameOf, type ValuesOf } from './catalogue.ts';

export interface Tallies {
  counter<N extends NameOf<'counter'>>(name: N): (values: ValuesOf<N>, by?: number) => void;
  histogram<N extends NameOf<'histogram'>>(name: N): (values: ValuesOf<N>, seconds: number) => void;
  /** `read` is asked whenever the numbers are rendered. Of several with the same label values the last counts. */
  gauge<N extends NameOf<'gauge'>>(name: N, read: () => Iterable<readonly [values: ValuesOf<N>, value: number]>): void;
}

type Values = readonly (string | number)[];

interface Series {
  readonly labels: Labels;
  /** How many values were at most each bound, but above the one before; last those above all. */
  readonly buckets: number[];
  count: number;
  sum: number;
}

type Labels = Readonly<Record<string, string | number>>;
type Line = MetricValue<string> & { metricName?: string };

/** Between label values: none of ours holds it. */
const BETWEEN = '\0';

/** In seconds: from a look into memory to a time limit. */
const LATENCIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createTallies(registry: Registry): Tallies {
  return {
    counter(name) {
      const { labels } = CATALOGUE[name];
      const series = createSeries(labels, 0);
      // What has no labels is there from the beginning.
      if (labels.length === 0) series.of([]);
      register(registry, name, () => [...series.all()].map((each) => ({ labels: each.labels, value: each.count })));
      return (values, by = 1) => {
        series.of(values).count += by;
      };
    },
    histogram(name) {
      const series = createSeries(CATALOGUE[name].labels, LATENCIES.length + 1);
      register(registry, name, () => [...series.all()].flatMap((each) => bucketLines(nameOf(name), each)));
      return (values, seconds) => measure(series.of(values), seconds);
    },
    gauge(name, read) {
      const { labels } = CATALOGUE[name];
      register(registry, name, () => {
        const lines = [...read()].map(([values, value]) => [keyOf(values), { labels: label(labels, values), value }]);
        return [...new Map(lines as [string, Line][]).values()];
      });
    },
  };
}

function createSeries(labelNames: readonly string[], buckets: number) {
  const known = new Map<string, Series>();
  // Nearly every request has the labels of the one before.
  let lastValues: Values = [];
  let last: Series | undefined;
  return {
    all: () => known.values(),
    of(values: Values): Series {
      if (last !== undefined && values.every((value, index) => value === lastValues[index])) return last;
      const key = keyOf(values);
      let series = known.get(key);
      if (series === undefined) {
        series = { labels: label(labelNames, values), buckets: new Array<number>(buckets).fill(0), count: 0, sum: 0 };
        known.set(key, series);
      }
      lastValues = values;
      last = series;
      return series;
    },
  };
}

function measure(series: Series, seconds: number): void {
  let bucket = 0;
  while (bucket < LATENCIES.length && seconds > (LATENCIES[bucket] ?? 0)) bucket++;
  series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
  series.count++;
  series.sum += seconds;
}

function bucketLines(name: string, { labels, buckets, count, sum }: Series): Line[] {
  let below = 0;
  const lines: Line[] = LATENCIES.map((le, index) => {
    below += buckets[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
  });
  lines.push({ metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count });
  lines.push({ metricName: `${name}_sum`, labels, value: sum });
  lines.push({ metricName: `${name}_count`, labels, value: count });
  return lines;
}

function keyOf(values: Values): string {
  return values.length === 1 ? String(values[0]) : values.join(BETWEEN);
}

function label(names: readonly string[], values: Values): Labels {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}

function nameOf(name: keyof typeof CATALOGUE): string {
  return `portcullis_${name}`;
}

function register(registry: Registry, name: keyof typeof CATALOGUE, values: () => Line[]): void {
  const { help, type, together = 'sum' }: MetricDescription = CATALOGUE[name];
  const described = { name: nameOf(name), help, type, aggregator: together };
  const metric = {
    ...described,
    get: async () => ({ ...described, values: values() }) as unknown as MetricObjectWithValues<Line>,
  };
  // prom-client's types know only its own classes; a registry asks a metric for no more than this.
  registry.registerMetric(metric as unknown as Metric);
}
