// Writes what is derived from the schema, the attack tables and the catalogue of metrics; with --check it only says what is stale, and exits 1.
import { readFileSync, writeFileSync } from 'node:fs';
import { writeJsonSchema, writeReference } from '../src/config/reference.ts';
import { refreshDocument } from '../test/kit/attack-document.ts';
import { refreshMetrics } from '../test/kit/metrics-document.ts';

/** From what stands in the file today. */
const generated: Readonly<Record<string, (now: string) => string>> = {
  'config/portcullis.schema.json': writeJsonSchema,
  'docs/configuration.md': writeReference,
  'docs/attack-tables.md': refreshDocument,
  'docs/metrics.md': refreshMetrics,
};

const onlyCheck = process.argv.includes('--check');
for (const [file, write] of Object.entries(generated)) {
  const url = new URL(`../${file}`, import.meta.url);
  const now = readOrEmpty(url);
  const fresh = write(now);
  if (!onlyCheck) {
    writeFileSync(url, fresh);
  } else if (now !== fresh) {
    console.error(`${file} is stale: run npm run generated`);
    process.exitCode = 1;
  }
}

function readOrEmpty(url: URL): string {
  try {
    return readFileSync(url, 'utf8');
  } catch {
    return '';
  }
}
