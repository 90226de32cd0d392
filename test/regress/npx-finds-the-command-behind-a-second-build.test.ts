// npx makes the command executable when it first links it, and each build made it anew without that: behind the second
// `npm start` of a checkout, `npx --no-install portcullis` was refused by the system.

import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';
import t from 'tap';
import { inCheckout } from '../kit/process.ts';

t.test('what was built can be started as it is', async (t) => {
  const program = inCheckout('dist/cli/main.js');
  t.equal(statSync(program).mode & 0o111, 0o111);
  const { stdout } = await promisify(execFile)(program, ['--version']);
  t.match(stdout, /^\d+\.\d+\.\d+\n$/);
});
