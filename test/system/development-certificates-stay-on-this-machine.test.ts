// A development authority is refused on every address that other machines reach, at the start and by a reload.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeDemoFolderWithCertificates, writeDemoConfiguration } from '../kit/demo.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { checkNoStart, checkStart, runProcess, startProcess } from '../kit/process.ts';

const SITES = 'sites:\n  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }\n';

t.test('only --demo starts with them', async (t) => {
  const folder = await makeDemoFolderWithCertificates(t);
  const here = { cwd: folder };
  await checkStart(t, ['run'], here);

  for (const address of ['0.0.0.0:0', '"[::]:0"']) {
    await writeDemoConfiguration(folder, address);
    const { stderr, ...ended } = await runProcess(t, ['run'], here);
    checkNoStart(t, { ...ended, stderr: withoutWarning(stderr) }, /development certificate .*--demo/);
  }
  await writeDemoConfiguration(folder, '0.0.0.0:0');
  await checkStart(t, ['run', '--demo'], here);
});

t.test('nor does a reload bring them in', async (t) => {
  const folder = await makeDemoFolderWithCertificates(t);
  const file = writeConfiguration(makeFolder(t), makePki(), { upstreamPort: 9, yaml: SITES });
  const sound = readFileSync(file, 'utf8');
  writeFileSync(file, sound.replace('127.0.0.1:0', '0.0.0.0:0'));
  const gateway = startProcess(t, ['run', '-c', file]);
  await gateway.lineWhere(({ msg }) => msg === 'listening');
  const reload = async () => {
    const from = gateway.lines().length;
    gateway.signal('SIGHUP');
    return gateway.lineWhere(({ msg }) => /was reloaded|old one stays/.test(msg), from);
  };
  t.equal((await reload()).level, 'info');
  // On loopback by its own words, which only a restart would heed.
  writeFileSync(file, sound.replace('[ca.pem]', `[${join(folder, 'certs', 'dev', 'ca.pem')}]`));
  t.match(await reload(), { level: 'error', problems: [{ message: /development certificate/ }] });
});

/** The demo's configuration has one warning, in three lines and an empty one. */
function withoutWarning(stderr: string): string {
  const lines = stderr.split('\n');
  return lines[0]?.includes('  warning  ') ? lines.slice(4).join('\n') : stderr;
}
