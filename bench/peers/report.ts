// What was measured, as a table: medians of the rounds, and how much of nginx's price that is.

import type { Measured } from './measure.ts';

const BASE = 'nginx';

export function writeTable(workload: string, rows: readonly Measured[]): string {
  const names = [...new Set(rows.map(({ name }) => name))];
  const costOf = (name: string) => median(of(rows, name).map(({ cpu }) => cpu));
  const lines = names.map((name) => {
    const own = of(rows, name);
    const costs = own.map(({ cpu }) => cpu);
    const cells = [
      name,
      costOf(name).toFixed(1),
      `${Math.min(...costs).toFixed(1)} to ${Math.max(...costs).toFixed(1)}`,
      (costOf(BASE) / costOf(name)).toFixed(2),
      median(own.map(({ perSecond }) => perSecond)).toFixed(0),
      median(own.map(({ p50 }) => p50)).toFixed(1),
      median(own.map(({ p99 }) => p99)).toFixed(1),
      own.reduce((sum, { errors }) => sum + errors, 0),
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  return `
| ${workload} | CPU, µs per request | lowest to highest | ${BASE}'s CPU / this | requests/s | p50 ms | p99 ms | errors |
|---|---:|---:|---:|---:|---:|---:|---:|
${lines.join('')}`;
}

function of(rows: readonly Measured[], wanted: string): Measured[] {
  return rows.filter(({ name }) => name === wanted);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
