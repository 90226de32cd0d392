// The responder of openssl, for answers that no code of ours has made.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeFolder } from './gateway.ts';
import type { TestCertificate } from './pki.ts';

export interface OpensslResponderOptions {
  readonly issuer: TestCertificate;
  /** A delegated one; the issuer itself when left out. */
  readonly signer?: TestCertificate;
  readonly good?: readonly TestCertificate[];
  readonly revoked?: readonly TestCertificate[];
  /** Further words of its command line; `-nmin 60` when left out. */
  readonly words?: readonly string[];
}

export interface OpensslResponder {
  readonly url: string;
  /** Connections are still taken, and nothing is answered. */
  freeze(): void;
  thaw(): void;
}

/** On a port of its choice; it runs until the test ends. */
export async function startOpensslResponder(t: Test, options: OpensslResponderOptions): Promise<OpensslResponder> {
  const { issuer, signer = issuer, good = [], revoked = [], words = ['-nmin', '60'] } = options;
  const cwd = makeFolder(t);
  const index = [...good.map((each) => lineOf(each, false)), ...revoked.map((each) => lineOf(each, true))];
  writeFileSync(join(cwd, 'index.txt'), index.join(''));
  writeFileSync(join(cwd, 'ca.pem'), issuer.pem);
  writeFileSync(join(cwd, 'signer.pem'), signer.pem);
  writeFileSync(join(cwd, 'signer.key'), signer.keyPem, { mode: 0o600 });
  const files = ['-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'signer.pem', '-rkey', 'signer.key'];
  const child = spawn('openssl', ['ocsp', '-port', '0', ...files, ...words], { cwd });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  t.teardown(() => {
    child.kill('SIGKILL');
    return ended;
  });
  const port = await new Promise<string>((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const port = /^ACCEPT .*:(\d+)\b/m.exec(text)?.[1];
      if (port !== undefined) resolve(port);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    void ended.then(() => reject(new Error(`the responder of openssl ended before it listened: ${text}`)));
  });
  return {
    url: `http://127.0.0.1:${port}/`,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

/** A line of the index of `openssl ca`: status, end, revocation, number, file, subject. */
function lineOf({ facts }: TestCertificate, isRevoked: boolean): string {
  const time = (ms: number) => `${new Date(ms).toISOString().replace(/^20|[-:T]|\..*$/g, '')}Z`;
  const revocation = isRevoked ? `${time(facts.notBefore)},keyCompromise` : '';
  return `${[isRevoked ? 'R' : 'V', time(facts.notAfter), revocation, facts.serial, 'unknown', '/CN=any'].join('\t')}\n`;
}
