// What the tests need from the machine: installed from Debian's packages where that can be done, named where it cannot.
// And tap as .taprc wants it, built anew after an installation.

import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Command, with its folder where Debian keeps it off the path, and the package that has it. */
const TOOLS = [
  ['openssl', 'openssl'],
  ['curl', 'curl'],
  ['pk12util', 'libnss3-tools'],
  ['redis-server', 'redis-server'],
  ['/usr/lib/postgresql/*/bin/initdb', 'postgresql'],
  ['python3', 'python3'],
  ['php', 'php-cli'],
  ['systemd-notify', 'systemd'],
  ['promtool', 'prometheus'],
  ['faketime', 'faketime'],
] as const;

const missing = TOOLS.filter(([command]) => !isThere(command)).map(([, name]) => name);
if (missing.length > 0 && !install(missing)) {
  process.stderr.write(
    `The tests need ${missing.join(' and ')}. Install it, for example: apt-get install ${missing.join(' ')}\n`,
  );
  process.exitCode = 1;
}
if (!isTapBuilt() && spawnSync('tap', ['build'], { stdio: 'inherit' }).status !== 0) process.exitCode = 1;

function isThere(command: string): boolean {
  return (
    spawnSync('which', [basename(command)]).status === 0 ||
    (command !== basename(command) && globSync(command).length > 0)
  );
}

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
