// The openssl command, for what no client of Node's does.

import { execFileSync, spawn } from 'node:child_process';
import type { Test } from 'tap';

/** Runs `openssl s_client` against a port of this machine; gives all that it printed. `input` is typed into it. */
export async function runClient(t: Test, port: number, options: readonly string[], input = ''): Promise<string> {
  const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...options]);
  t.teardown(() => child.kill());
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  return text;
}

/** Runs `openssl` to its end in a folder; gives its standard output. Throws with what it said when it fails. */
export function openssl(cwd: string, ...args: readonly string[]): string {
  return execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: 'pipe' });
}
