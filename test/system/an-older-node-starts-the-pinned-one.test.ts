// The launcher: under an older Node the command runs on the one that npm installed beside it, and is still one process
// to whoever started it.

import { execFileSync } from 'node:child_process';
import t from 'tap';
import { send } from '../kit/client.ts';
import { runProcess, startGatewayProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const NEEDED_MAJOR = 26;

/** A Node of the machine, outside node_modules, of another major version. */
function findOlderNode(): string | undefined {
  const found = execFileSync('which', ['-a', 'node'], { encoding: 'utf8' }).split('\n');
  return found.find((file) => file !== '' && !file.includes('node_modules') && majorOf(file) < NEEDED_MAJOR);
}

function majorOf(node: string): number {
  return Number.parseInt(execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }), 10);
}

const node = findOlderNode();
if (node === undefined) {
  const reason = `no Node older than ${NEEDED_MAJOR} is installed on this machine, so there is nothing to launch from`;
  t.test(reason, { skip: reason }, async () => {});
} else {
  t.comment(`launched from Node ${majorOf(node)}`);

  t.test('exit codes and output', async (t) => {
    const { code, stdout, stderr } = await runProcess(t, ['--version'], { node });
    t.match({ code, stderr }, { code: 0, stderr: '' });
    t.match(stdout, /^\d+\.\d+\.\d+\n$/);
    t.match(await runProcess(t, ['check', '-c', 'none.yaml'], { node }), { code: 1, stdout: /none\.yaml: not valid/ });
    t.match(await runProcess(t, ['--no-such-option'], { node }), { code: 2, stderr: /^error: unknown option/ });
  });

  t.test('flags of Node are passed on, and judged', async (t) => {
    const nodeFlags = ['--insecure-http-parser'];
    const { code, stderr } = await runProcess(t, ['run', '-c', 'none.yaml'], { node, nodeFlags });
    t.match({ code, stderr }, { code: 1, stderr: /^portcullis: Node was started with --insecure-http-parser/ });
  });

  t.test('signals reach the gateway', async (t) => {
    const upstream = await startUpstream(t);
    const yaml = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]\n';
    const gateway = await startGatewayProcess(t, { upstreamPort: upstream.port, yaml }, { node });
    t.equal((await send(t, { port: gateway.port })).status, 200);
    t.match((await gateway.probe('/metrics')).text, `portcullis_nodejs_version_info{version="${process.version}"`);
    gateway.signal('SIGHUP');
    await gateway.lineWhere(({ msg }) => msg === 'the configuration was reloaded');
    gateway.signal('SIGTERM');
    const ended = await gateway.ended;
    t.match(ended, { code: 0, signal: null, stderr: '' });
    t.equal((await gateway.lineWhere(({ msg }) => msg === 'stopping')).signal, 'SIGTERM');
  });
}
