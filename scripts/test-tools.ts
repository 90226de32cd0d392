// What the tests need from the machine: installed from Debian's packages where that can be done, named where it cannot.
// And tap as .taprc wants it, built anew after an installation.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Command and the Debian package that has it. */
const TOOLS = [
  ['openssl', 'openssl'],
  ['curl', 'curl'],
  ['pk12util', 'libnss3-tools'],
  ['redis-server', 'redis-server'],
] as const;

const missing = TOOLS.filter(([command]) => spawnSync('which', [command]).status !== 0).map(([, name]) => name);
if (missing.length > 0 && !install(missing)) {
  process.stderr.write(
    `The tests need ${missing.join(' and ')}. Install it, for example: apt-get install ${missing.join(' ')}\n`,
  );
  process.exitCode = 1;
}
if (!isTapBuilt() && spawnSync('tap', ['build'], { stdio: 'inherit' }).status !== 0) process.exitCode = 1;

function install(packages: readonly string[]): boolean {
  if (process.getuid?.() !== 0 || spawnSync('which', ['apt-get']).status !== 0) return false;
  const run = (...args: string[]) => spawnSync('apt-get', args, { stdio: 'inherit' }).status === 0;
  return run('update') && run('install', '-y', '--no-install-recommends', ...packages);
}

/** tap comes with a TypeScript plugin that does not run on TypeScript 7; .taprc leaves it out, and Node strips types. */
function isTapBuilt(): boolean {
  const built = new URL('../node_modules/@tapjs/test/test-built/dist/esm/index.js', import.meta.url);
  try {
    return !readFileSync(built, 'utf8').includes('@tapjs/typescript');
  } catch {
    return false;
  }
}
