// portcullis pki sign: keytool's request is signed, and Java takes the answer.

import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { makeFolder } from '../kit/gateway.ts';
import { openssl } from '../kit/openssl.ts';
import { runHere, runProcess } from '../kit/process.ts';

const HAS_KEYTOOL = spawnSync('keytool', ['-help']).status === 0;

t.test('requests of Java', { skip: HAS_KEYTOOL ? false : 'keytool is not installed' }, async (t) => {
  const cwd = makeFolder(t);
  t.match(await runHere(t, ['pki', 'init', '--dir', join(cwd, 'ca')]), { code: 0 });
  const keytool = (...args: string[]) =>
    execFileSync('keytool', [...args, '-keystore', 'a.jks', '-storepass', 'secret'], {
      cwd,
      stdio: 'pipe',
    });
  keytool(
    '-genkeypair',
    '-alias',
    'a',
    '-keyalg',
    'EC',
    '-groupname',
    'secp256r1',
    '-dname',
    'CN=from keytool, O=Acme',
  );
  keytool('-certreq', '-alias', 'a', '-file', 'keytool.csr', '-ext', 'san=dns:j.example', '-ext', 'bc=ca:true');
  const signed = await runProcess(t, ['pki', 'sign', 'keytool.csr', '--allow-names'], { cwd });
  t.match(signed, { code: 0, stderr: /asks for being a certificate authority, which it does not get/ });
  t.equal(
    openssl(cwd, 'verify', '-CAfile', 'ca/ca.pem', '-purpose', 'sslclient', 'ca/keytool.pem'),
    'ca/keytool.pem: OK\n',
  );
  keytool('-importcert', '-noprompt', '-file', 'ca/root.pem', '-alias', 'root');
  keytool('-importcert', '-file', 'ca/keytool.pem', '-alias', 'a');
  t.match(String(keytool('-list', '-v', '-alias', 'a')), 'Certificate chain length: 3', 'Java takes the answer');
});
