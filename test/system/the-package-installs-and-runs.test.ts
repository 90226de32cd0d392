// What `npm pack` makes is enough: installed for the whole machine, it checks a configuration and serves requests.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { send } from '../kit/client.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { inCheckout, startCommand } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const { version } = JSON.parse(readFileSync(inCheckout('package.json'), 'utf8')) as { version: string };
const SITES = `
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
`;

t.test('npm pack, npm install --global, portcullis run', async (t) => {
  const folder = makeFolder(t);
  const run = (command: string, ...args: string[]) => promisify(execFile)(command, args, { cwd: inCheckout('.') });
  const packed = await run('npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  for (const path of ['dist/cli/main.js', 'config/portcullis.schema.json', 'docs/running.md', 'LICENSE'])
    t.ok(paths.includes(path), path);
  t.strictSame(
    paths.filter(
      (path) => !/^(dist|docs|config|examples\/(monitoring|systemd))\/|^(LICENSE|README\.md|package\.json)$/.test(path),
    ),
    [],
    'and nothing that only a checkout needs',
  );

  // Without the binaries of Node, which are large; those that run the tests have one.
  const quiet = ['--omit=optional', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', 'install', '--global', '--prefix', folder, ...quiet, join(folder, filename));
  const portcullis = join(folder, 'bin', 'portcullis');
  t.equal((await run(portcullis, '--version')).stdout, `${version}\n`);

  const upstream = await startUpstream(t);
  const config = writeConfiguration(makeFolder(t), makePki(), { upstreamPort: upstream.port, yaml: SITES });
  await run(portcullis, 'check', '-c', config);
  const gateway = startCommand(t, portcullis, ['run', '-c', config]);
  const { port } = await gateway.lineWhere(({ msg }) => msg === 'listening');
  t.equal((await send(t, { port: Number(port) })).status, 200);
  gateway.signal('SIGTERM');
  t.match(await gateway.ended, { code: 0, stderr: '' });
});
