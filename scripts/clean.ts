// Removes build output, so that a file that is gone from src is gone from dist too.
import { rmSync } from 'node:fs';

for (const folder of process.argv.slice(2)) rmSync(folder, { recursive: true, force: true });
