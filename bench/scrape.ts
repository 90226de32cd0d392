// What does one look at /metrics cost, where as many sites and rules have series of their own as may?

import { createMetrics } from '../src/metrics/metrics.ts';

const [SITES, RULES, TURNS] = [200, 5, 20];
const OUTCOMES = [
  ['allow', ''],
  ['deny', 'certificate-required'],
  ['deny', 'certificate-expired'],
] as const;

const metrics = createMetrics('0.0.0');
for (let n = 0; n < SITES * RULES; n++) {
  const site = `site${n % SITES}.corp.example`;
  for (const [decision, code] of OUTCOMES) {
    metrics.request({ site, rule: `${site}/path${Math.floor(n / SITES)}`, decision, code }, 0.01);
  }
  metrics.upstreamAnswer(`upstream${n % SITES}`, 0.01);
}

const costs: number[] = [];
let text = '';
for (let turn = 0; turn < TURNS; turn++) {
  const before = process.cpuUsage();
  ({ text } = await metrics.render());
  costs.push(process.cpuUsage(before).user / 1000);
}
costs.sort((a, b) => a - b);
const median = costs[TURNS / 2] ?? 0;
process.stdout.write(
  `${text.split('\n').length} lines, ${Math.round(text.length / 1024)} KiB, ${median.toFixed(0)} ms\n`,
);
