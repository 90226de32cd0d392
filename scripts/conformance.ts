// Runs the public validation suites against our validator. Fails on a deviation that is not in the list of known ones, and
// on a known one that is gone. The data is no part of this repository: CONFORMANCE_DATA names its folder.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SUITES = ['limbo-client', 'pkits-path', 'pkits', 'bssl-crl', 'bssl-ocsp'];

const root = join(import.meta.dirname, '..');
const data = resolve(process.env['CONFORMANCE_DATA'] ?? join(root, '..', 'shared', 'conformance'));
const harness = join(data, 'harness.mjs');
const conformance = join(root, 'test', 'conformance');

if (!existsSync(harness)) {
  console.log(`SKIPPED: no conformance suites in ${data}; set CONFORMANCE_DATA to the folder with harness.mjs`);
  process.exit(0);
}
const suites = SUITES.flatMap((name) => ['--suite', join(data, `${name}.json`)]);
const expected = ['--expect', join(conformance, 'known-deviations.json')];
const candidate = ['--', process.execPath, join(conformance, 'adapter.ts')];
const options = [...suites, ...expected, ...process.argv.slice(2), ...candidate];
process.exit(spawnSync(process.execPath, [harness, ...options], { stdio: 'inherit' }).status ?? 1);
