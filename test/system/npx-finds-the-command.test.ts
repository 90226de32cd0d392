// From a checkout, after a build: `npx --no-install portcullis`, without a network.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import t from 'tap';
import { makeFolder } from '../kit/gateway.ts';
import { inCheckout } from '../kit/process.ts';

const { version } = JSON.parse(readFileSync(inCheckout('package.json'), 'utf8')) as { version: string };

t.test('npx --no-install portcullis --version', async (t) => {
  const env = {
    PATH: process.env.PATH,
    HOME: makeFolder(t),
    npm_config_cache: makeFolder(t),
    npm_config_offline: 'true',
  };
  const options = { cwd: inCheckout('.'), env };
  const { stdout } = await promisify(execFile)('npx', ['--no-install', 'portcullis', '--version'], options);
  t.equal(stdout, `${version}\n`);
});
