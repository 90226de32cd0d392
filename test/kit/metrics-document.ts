// The part of docs/metrics.md that is made from the catalogue: every metric with its type, labels and help.

import { CATALOGUE, type MetricDescription } from '../../src/metrics/catalogue.ts';

/** The document with the table between its marks written anew. */
export function refreshMetrics(document: string): string {
  return document.replace(
    /(<!-- made of src\/metrics\/catalogue.ts -->\n).*?(<!-- end -->)/s,
    (_, begin: string, end: string) => `${begin}\n${writeTable()}\n${end}`,
  );
}

function writeTable(): string {
  const rows = Object.entries<MetricDescription>(CATALOGUE).map(
    ([name, { type, labels, help }]) =>
      `| \`portcullis_${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |\n`,
  );
  return `| metric | type | labels | |\n|---|---|---|---|\n${rows.join('')}`;
}
