// portcullis check: exit code 0, 1 or 2, all problems at once, for people or as JSON.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeDemoFolderWithCertificates } from '../kit/demo.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { runHere, runProcess } from '../kit/process.ts';

const SITES = 'sites:\n  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }\n';

/** Three mistakes: an unknown key, a file that is not there, a mode that is none. */
function spoil(file: string): void {
  const text = readFileSync(file, 'utf8')
    .replace('version: 1', 'version: 1\ncolour: blue')
    .replace('server.pem', 'none.pem')
    .replace('accept', 'maybe');
  writeFileSync(file, text);
}

t.test('for people', async (t) => {
  const file = writeConfiguration(makeFolder(t), makePki(), { upstreamPort: 9, yaml: SITES });
  t.match(await runProcess(t, ['check', '-c', file]), { code: 0, stdout: `${file}: valid\n`, stderr: '' });

  spoil(file);
  const { code, stdout, stderr } = await runProcess(t, ['check', '-c', file]);
  t.equal(code, 1);
  t.equal(stderr, '');
  const blocks = stdout.split('\n\n');
  for (const what of ['colour', 'none.pem', 'maybe']) {
    const block = blocks.find((each) => each.includes(what));
    t.match(
      block,
      /^\S+portcullis\.yaml:\d+:\d+ {2}error {2}\S+\n {2}\S[^\n]*\n {2}-> \S/,
      `${what}: place, problem, remedy`,
    );
  }
  t.match(blocks.at(-1), `${file}: not valid`);
});

t.test('as JSON', async (t) => {
  const file = writeConfiguration(makeFolder(t), makePki(), { upstreamPort: 9, yaml: SITES });
  const sound = await runProcess(t, ['check', '--json', '-c', file]);
  t.equal(sound.code, 0);
  t.strictSame(JSON.parse(sound.stdout), { valid: true, problems: [] });

  spoil(file);
  const { code, stdout, stderr } = await runProcess(t, ['check', '--json', '-c', file]);
  t.equal(code, 1);
  t.equal(stderr, '');
  const { valid, problems } = JSON.parse(stdout) as { valid: boolean; problems: Record<string, unknown>[] };
  t.equal(valid, false);
  for (const what of [/colour/, /none\.pem/, /maybe/]) {
    const problem = problems.find(({ path, message }) => what.test(`${path} ${message}`));
    t.match(problem, { severity: 'error', file, line: Number, column: Number, path: String, remedy: /./ });
  }
});

t.test('warnings are told and do no harm', async (t) => {
  const cwd = await makeDemoFolderWithCertificates(t);
  const { code, stdout } = await runProcess(t, ['check'], { cwd });
  t.equal(code, 0);
  t.match(stdout, /^config\/portcullis\.yaml:\d+:\d+ {2}warning {2}sites\[0\]\.paths\.\/public\n/);
  t.match(stdout, /config\/portcullis\.yaml: valid\n$/);
  const json = JSON.parse((await runProcess(t, ['check', '--json'], { cwd })).stdout);
  t.match(json, { valid: true, problems: [{ severity: 'warning' }] });
});

t.test('which file', async (t) => {
  const folder = makeFolder(t);
  const file = writeConfiguration(folder, makePki(), { upstreamPort: 9, yaml: SITES });
  const env = { PORTCULLIS_CONFIG: file };
  t.match(await runProcess(t, ['check'], { cwd: folder, env }), { code: 0, stdout: `${file}: valid\n` });
  const other = await runProcess(t, ['check', '-c', join(folder, 'other.yaml')], { env });
  t.equal(other.code, 1);
  t.match(other.stdout, /other\.yaml {2}error\n {2}the file does not exist\n/);
  const byDefault = await runProcess(t, ['check'], { cwd: folder });
  t.match(byDefault, { code: 1, stdout: /^config\/portcullis\.yaml {2}error\n/ });
  t.match(await runProcess(t, ['check'], { env: { PORTCULLIS_CONFIG: '' } }), { code: 2, stderr: /PORTCULLIS_CONFIG/ });
});

t.test('a wrong command line', async (t) => {
  for (const args of [['check', '--colour'], ['check', 'more'], ['check', '-c'], ['chek'], []]) {
    const { code, stderr } = await runHere(t, args);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, /^(error: |Usage: )/);
  }
});
