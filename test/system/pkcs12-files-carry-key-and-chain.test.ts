// portcullis pki p12: one file for Windows and browsers, under a password that is given or made.

import { createPrivateKey } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeFolder } from '../kit/gateway.ts';
import { openssl } from '../kit/openssl.ts';
import { runHere, runProcess } from '../kit/process.ts';

t.test('what p12 writes and refuses', async (t) => {
  const cwd = makeFolder(t);
  for (const args of [['init'], ['client', 'alice']]) {
    t.match(await runHere(t, ['pki', ...args, '--dir', join(cwd, 'ca')]), { code: 0 });
  }
  const made = await runProcess(t, ['pki', 'p12', 'alice'], { cwd });
  const password = /^password {7}(\S{20})$/m.exec(made.stdout)?.[1];
  t.match(made, { code: 0, stderr: '' });
  t.equal(statSync(join(cwd, 'ca/alice.p12')).mode & 0o777, 0o600);
  const read = (file: string, pass: string, ...more: string[]) =>
    openssl(cwd, 'pkcs12', '-in', `ca/${file}`, '-passin', pass, '-nodes', ...more);
  const key = createPrivateKey(readFileSync(join(cwd, 'ca/alice.key')));
  t.ok(createPrivateKey(read('alice.p12', `pass:${password}`)).equals(key));
  t.match(await runProcess(t, ['pki', 'p12', 'alice'], { cwd }), { code: 1, stderr: /alice\.p12/ });

  writeFileSync(join(cwd, 'password'), 'a "good" one\r\nanother line\n');
  rmSync(join(cwd, 'ca/alice.p12'));
  const legacy = await runProcess(t, ['pki', 'p12', 'alice', '--legacy', '--password-file', 'password'], { cwd });
  t.match(legacy, { code: 0, stdout: 'PKCS#12        ca/alice.p12\n', stderr: '' });
  t.ok(createPrivateKey(read('alice.p12', 'pass:a "good" one', '-legacy')).equals(key));

  const dir = join(cwd, 'ca');
  const p12 = (...args: string[]) => runHere(t, ['pki', 'p12', ...args, '--dir', dir]);
  for (const text of ['', '\nsecond', 'pässword', 'tab\t']) {
    writeFileSync(join(cwd, 'password'), text);
    t.match(await p12('alice', '--password-file', join(cwd, 'password')), { code: 1, stderr: /must be the password/ });
  }
  t.match(await p12('bob'), { code: 1, stderr: /bob\.pem/ });
  t.match(await runHere(t, ['pki', 'client', 'bob', '--dir', dir]), { code: 0 });
  writeFileSync(join(dir, 'bob.key'), readFileSync(join(dir, 'alice.key')));
  t.match(await p12('bob'), { code: 1, stderr: /bob\.key is not the key of .*bob\.pem/ });
});
