// What is counted with every request. prom-client looks labels up by a hash that it makes of them each time, which costs
// more than to judge the request; here a count is one look into a map, and prom-client reads the numbers to render them.

import type { Metric, MetricObjectWithValues, MetricValue, Registry } from 'prom-client';

interface TallyInput<L extends string> {
  readonly registry: Registry;
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** How many values were at most each bound, but above the one before; last those above all. */
  readonly buckets: number[];
  count: number;
  sum: number;
}

/** Between label values: none of ours holds it. */
const BETWEEN = '\0';

/** A counter. Label values in the order of the names. */
export function createCountTally<L extends string>(input: TallyInput<L>): (values: readonly string[]) => void {
  const series = createSeries(input.labelNames, 0);
  register(input, 'counter', () => [...series.all()].map(({ labels, count }) => ({ labels, value: count })));
  return (values) => {
    series.of(values).count++;
  };
}

/** A histogram. `bounds`: rising. */
export function createTimeTally<L extends string>(
  input: TallyInput<L> & { readonly bounds: readonly number[] },
): (values: readonly string[], seconds: number) => void {
  const { bounds, name } = input;
  const series = createSeries(input.labelNames, bounds.length + 1);
  register(input, 'histogram', () => [...series.all()].flatMap((each) => bucketLines(name, bounds, each)));
  return (values, seconds) => {
    const one = series.of(values);
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket++;
    one.buckets[bucket] = (one.buckets[bucket] ?? 0) + 1;
    one.count++;
    one.sum += seconds;
  };
}

function createSeries(labelNames: readonly string[], buckets: number) {
  const known = new Map<string, Series>();
  // Nearly every request has the labels of the one before.
  let lastValues: readonly string[] = [];
  let last: Series | undefined;
  return {
    all: () => known.values(),
    of(values: readonly string[]): Series {
      if (last !== undefined && values.every((value, index) => value === lastValues[index])) return last;
      const key = values.length === 1 ? (values[0] ?? '') : values.join(BETWEEN);
      let series = known.get(key);
      if (series === undefined) {
        const labels = Object.fromEntries(labelNames.map((name, index) => [name, values[index] ?? '']));
        series = { labels, buckets: new Array<number>(buckets).fill(0), count: 0, sum: 0 };
        known.set(key, series);
      }
      lastValues = values;
      last = series;
      return series;
    },
  };
}

function bucketLines(name: string, bounds: readonly number[], { labels, buckets, count, sum }: Series): Line[] {
  let below = 0;
  const lines: Line[] = bounds.map((le, index) => {
    below += buckets[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
  });
  lines.push({ metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count });
  lines.push({ metricName: `${name}_sum`, labels, value: sum });
  lines.push({ metricName: `${name}_count`, labels, value: count });
  return lines;
}

type Line = MetricValue<string> & { metricName?: string };

function register({ registry, name, help }: TallyInput<string>, type: string, values: () => Line[]): void {
  const metric = {
    name,
    help,
    get: async () =>
      ({ name, help, type, aggregator: 'sum', values: values() }) as unknown as MetricObjectWithValues<Line>,
  };
  // prom-client's types know only its own classes; a registry asks a metric for no more than this.
  registry.registerMetric(metric as unknown as Metric);
}
