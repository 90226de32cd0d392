// Makes a program that was just built one that can be started. npx does so once for each checkout, and not behind a build.

import { chmodSync } from 'node:fs';

for (const file of process.argv.slice(2)) chmodSync(file, 0o755);
