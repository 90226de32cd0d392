// What is derived from the schema stands in the repository as it would be written today.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { configurationJsonSchema } from '../../../src/config/json-schema.ts';
import { writeJsonSchema, writeReference } from '../../../src/config/reference.ts';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

t.equal(read('config/portcullis.schema.json'), writeJsonSchema());
t.equal(read('docs/configuration.md'), writeReference());

t.test('the manual names every key, and shows defaults as they are written', async (t) => {
  const manual = writeReference();
  for (const key of Object.keys(configurationJsonSchema().properties ?? {})) t.match(manual, `## ${key}\n`);
  t.match(manual, '| `timeouts.drain` | time | `30s` |');
  t.match(manual, '| `limits.headerBytes` | size | `16KiB` |');
  t.match(manual, '| `trust.NAME.revocation.maxStale` | time | `0s` |');
  t.match(manual, '| `listeners[].minVersion` | `TLSv1.2`, `TLSv1.3` | `TLSv1.2` |');
  t.match(manual, '* `pfx`: PKCS#12 files\n');
});
