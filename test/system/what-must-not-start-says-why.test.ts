// A gateway that cannot or must not start: exit code 1, a line that a person can read, no stack, and no open port.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { checkNoStart, checkStart, type ProcessOptions, runProcess, startGatewayProcess } from '../kit/process.ts';

const SITES = 'sites:\n  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }\n';

/** A configuration that starts. */
function configure(t: Test): string {
  return writeConfiguration(makeFolder(t), makePki(), { upstreamPort: 9, yaml: SITES });
}

t.test('an address in use', async (t) => {
  const first = await startGatewayProcess(t, { upstreamPort: 9, yaml: SITES });
  const file = configure(t);
  await checkStart(t, ['run', '-c', file]);
  const text = readFileSync(file, 'utf8');

  writeFileSync(file, text.replace('address: 127.0.0.1:0\n', `address: 127.0.0.1:${first.port}\n`));
  const inUse = new RegExp(`cannot listen on 127.0.0.1:${first.port}: the port is in use`);
  checkNoStart(t, await runProcess(t, ['run', '-c', file]), inUse);

  writeFileSync(file, text.replace('{ address: 127.0.0.1:0 }', `{ address: 127.0.0.1:${first.probesPort} }`));
  const probesInUse = new RegExp(`cannot listen for probes on 127.0.0.1:${first.probesPort}: .*in use`);
  checkNoStart(t, await runProcess(t, ['run', '-c', file]), probesInUse);

  t.equal((await first.probe('/readyz')).status, 200, 'the first one goes on');
});

t.test('a Node that was told to be careless', { jobs: 4 }, async (t) => {
  const file = configure(t);
  const keys = join(makeFolder(t), 'keys.log');
  const careless: readonly [string, ProcessOptions, RegExp][] = [
    ['no verification', { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }, /NODE_TLS_REJECT_UNAUTHORIZED=0/],
    ['a loose parser', { nodeFlags: ['--insecure-http-parser'] }, /--insecure-http-parser/],
    ['spelt otherwise', { nodeFlags: ['--insecure_http_parser'] }, /--insecure-http-parser/],
    ['in NODE_OPTIONS', { env: { NODE_OPTIONS: '--no-warnings --insecure-http-parser' } }, /--insecure-http-parser/],
    ['quoted', { env: { NODE_OPTIONS: '"--insecure_http_parser"' } }, /--insecure-http-parser/],
    ['a key log', { nodeFlags: [`--tls-keylog=${keys}`] }, /--tls-keylog/],
    ['a key log in two words', { nodeFlags: ['--tls-keylog', keys] }, /--tls-keylog/],
    ['a key log in NODE_OPTIONS', { env: { NODE_OPTIONS: `--tls-keylog=${keys}` } }, /--tls-keylog/],
  ];
  await checkStart(t, ['run', '-c', file], {
    nodeFlags: ['--no-warnings'],
    env: { NODE_TLS_REJECT_UNAUTHORIZED: '1', NODE_OPTIONS: '--stack-trace-limit=20' },
  });
  await Promise.all(
    careless.map(([name, options, message]) =>
      t.test(name, async (t) => checkNoStart(t, await runProcess(t, ['run', '-c', file], options), message)),
    ),
  );
});

t.test('a configuration that is not valid: all of its problems, and nothing else', async (t) => {
  const file = configure(t);
  writeFileSync(file, readFileSync(file, 'utf8').replace('server.pem', 'none.pem').replace('accept', 'maybe'));
  const { code, stdout, stderr } = await runProcess(t, ['run', '-c', file]);
  t.equal(code, 1);
  t.equal(stdout, '');
  t.match(stderr, /none\.pem/);
  t.match(stderr, /maybe/);
  t.notMatch(stderr, /\n\s+at /);
});
