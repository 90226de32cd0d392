// Writes what is derived from the schema; with --check it only says what is stale, and exits 1.
import { readFileSync, writeFileSync } from 'node:fs';
import { writeJsonSchema, writeReference } from '../src/config/reference.ts';

const generated: Readonly<Record<string, () => string>> = {
  'config/portcullis.schema.json': writeJsonSchema,
  'docs/configuration.md': writeReference,
};

const onlyCheck = process.argv.includes('--check');
for (const [file, write] of Object.entries(generated)) {
  const url = new URL(`../${file}`, import.meta.url);
  if (!onlyCheck) {
    writeFileSync(url, write());
  } else if (readOrEmpty(url) !== write()) {
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
